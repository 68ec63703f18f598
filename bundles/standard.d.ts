// What the declarations of the package call by name and a program's libraries may not declare: TypeScript
// takes these objects from `lib: ["DOM"]` or from @types/node, and a program may have neither. Each name is
// the program's own type where there is one, else the part of it that vitrine uses.

type AbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer Own } }
  ? Own
  : {
      readonly aborted: boolean
      readonly reason: unknown
      throwIfAborted(): void
      addEventListener(type: 'abort', listener: () => void): void
      removeEventListener(type: 'abort', listener: () => void): void
    }
type Blob = typeof globalThis extends { Blob: { prototype: infer Own } }
  ? Own
  : {
      readonly size: number
      readonly type: string
      slice(start?: number, end?: number): unknown
      arrayBuffer(): Promise<ArrayBuffer>
      stream(): unknown
    }
type URL = typeof globalThis extends { URL: { prototype: infer Own } }
  ? Own
  : { readonly href: string; readonly protocol: string; readonly pathname: string }
type Request = typeof globalThis extends { Request: { prototype: infer Own } }
  ? Own
  : { readonly method: string; readonly url: string; readonly signal: AbortSignal }
type Response = typeof globalThis extends { Response: { prototype: infer Own } }
  ? Own
  : { readonly status: number; readonly ok: boolean; arrayBuffer(): Promise<ArrayBuffer> }
/** Every runtime's `ReadableStream`: one type is enough, since streams are only taken. */
interface ReadableStream<Chunk> {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Chunk | undefined }>
    cancel(reason?: unknown): Promise<void>
    releaseLock(): void
  }
}
/** Compiled WebAssembly, which is only passed on. */
declare namespace WebAssembly {
  type Module = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Own } } }
    ? Own
    : object
}
// Only pages have these: for a program without their types there are none.
type HTMLImageElement = typeof globalThis extends { HTMLImageElement: { prototype: infer Own } }
  ? Own
  : never
type HTMLVideoElement = typeof globalThis extends { HTMLVideoElement: { prototype: infer Own } }
  ? Own
  : never
type HTMLCanvasElement = typeof globalThis extends { HTMLCanvasElement: { prototype: infer Own } }
  ? Own
  : never
type OffscreenCanvas = typeof globalThis extends { OffscreenCanvas: { prototype: infer Own } }
  ? Own
  : never
type ImageBitmap = typeof globalThis extends { ImageBitmap: { prototype: infer Own } } ? Own : never
type VideoFrame = typeof globalThis extends { VideoFrame: { prototype: infer Own } } ? Own : never
