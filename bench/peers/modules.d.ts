/**
 * The little of the peers' interfaces that is used here, so that the project's types can be checked
 * where the peers are not installed.
 */
declare module 'protobufjs' {
  interface Type {
    encode(message: object): { finish(): Uint8Array }
  }
  interface Root {
    lookupType(name: string): Type
  }
  const protobuf: { Root: { fromJSON(schema: object): Root } }
  export default protobuf
}

declare module 'flatbuffers' {
  export class Builder {
    constructor(initialSize?: number)
    prep(size: number, additionalBytes: number): void
    startObject(fields: number): void
    endObject(): number
    addFieldInt8(field: number, value: number, absent: number | null): void
    addFieldInt32(field: number, value: number, absent: number | null): void
    addFieldFloat32(field: number, value: number, absent: number | null): void
    addFieldOffset(field: number, value: number, absent: number): void
    startVector(elementSize: number, elements: number, alignment: number): void
    endVector(): number
    addInt32(value: number): void
    addOffset(offset: number): void
    createByteVector(values: Uint8Array): number
    createString(text: string): number
    finish(root: number, identifier?: string): void
    asUint8Array(): Uint8Array
  }
}

/** What onnxruntime-node and onnxruntime-web have in common. */
interface OnnxRuntime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: number[]) => OnnxTensor
  readonly InferenceSession: {
    create(path: string, options: Record<string, unknown>): Promise<OnnxSession>
  }
}

interface OnnxTensor {
  readonly data: Float32Array
  dispose(): void
}

interface OnnxSession {
  run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>
  release(): Promise<void>
}

declare module 'onnxruntime-node' {
  export const Tensor: OnnxRuntime['Tensor']
  export const InferenceSession: OnnxRuntime['InferenceSession']
}

declare module 'onnxruntime-web' {
  export const Tensor: OnnxRuntime['Tensor']
  export const InferenceSession: OnnxRuntime['InferenceSession']
  export const env: { wasm: { numThreads: number } }
}

declare module '@litertjs/core' {
  export class Tensor {
    constructor(data: Float32Array, shape: number[])
    toTypedArray(): Float32Array
    delete(): void
  }
  interface CompiledModel {
    run(input: Tensor[]): Promise<Tensor[]>
    delete(): void
  }
  interface CompileOptions {
    accelerator: 'wasm'
    cpuOptions: { numThreads: number }
  }
  export function loadLiteRt(path: string, options: { threads: boolean }): Promise<unknown>
  export function loadAndCompile(model: Uint8Array, options: CompileOptions): Promise<CompiledModel>
}
