/** Names of the files, in a module of their own: reading one must not load the code that writes it. */
export const ONNX_FILE = 'model.onnx'
export const TFLITE_FILE = 'model.tflite'
