/** Names of the files, in a module of their own: who reads one need not load what writes it. */
export const ONNX_FILE = 'model.onnx'
export const TFLITE_FILE = 'model.tflite'
