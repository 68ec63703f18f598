/**
 * What one core can do at most: chains of multiply-adds that live in registers, too many to wait for
 * each other. Nothing is loaded or stored in the loop. The modules are put together here, byte by
 * byte, so that nothing a compiler does to our kernels is in the yardstick.
 */
export const ceilingKinds = [
  'f32 mul+add, 128 bits',
  'f32 fma, 128 bits',
  'f32 fma, 256 bits',
] as const
export type CeilingKind = (typeof ceilingKinds)[number]

/** Enough to hide the latency of four to six cycles on two pipes, and few enough for 16 registers. */
const CHAINS = 12

/** A loop that is ready to run. */
export interface Loop {
  /** Runs for about that long and returns the rate in GFLOP/s. */
  rate(milliseconds: number): number
}

/**
 * @returns undefined where the engine has no such instruction. Fusing to 256 bits is the engine's
 *   doing: the loop is only written so that it can be.
 */
export function createLoop(kind: CeilingKind): Loop | undefined {
  const fma = kind !== 'f32 mul+add, 128 bits'
  const vectors = kind === 'f32 fma, 256 bits' ? 2 * CHAINS : CHAINS
  const bytes = loopModule(vectors, fma)
  if (!WebAssembly.validate(bytes)) return undefined
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  const { memory, run } = exports as unknown as {
    memory: WebAssembly.Memory
    run(steps: number): void
  }
  // x -> x * 0.75 + 0.25 stays near 1 for ever: no infinities, no denormals.
  new Float32Array(memory.buffer).fill(1).set([0.75, 0.25])
  const flopsPerStep = vectors * 4 * 2
  let steps = 1000
  return {
    rate(milliseconds) {
      for (;;) {
        const start = performance.now()
        run(steps)
        const time = performance.now() - start
        if (time >= 0.5 * milliseconds) return (steps * flopsPerStep) / time / 1e6
        steps = Math.min(1e9, Math.ceil(steps * Math.min(20, milliseconds / Math.max(0.01, time))))
      }
    },
  }
}

/** `(func (param steps i32))`: loads two splats and the chains, loops, stores the chains. */
function loopModule(vectors: number, fma: boolean): Uint8Array<ArrayBuffer> {
  const [steps, x, y, first] = [0, 1, 2, 3]
  const get = (local: number) => [0x20, ...unsigned(local)]
  const set = (local: number) => [0x21, ...unsigned(local)]
  const at = (address: number) => [4, ...unsigned(address)]
  const zero = [0x41, 0]
  const splat = (address: number, local: number) => [
    ...zero,
    0xfd,
    9,
    2,
    ...unsigned(address),
    ...set(local),
  ]
  const chains = Array.from({ length: vectors }, (_, i) => ({
    local: first + i,
    address: 64 + 16 * i,
  }))
  const step = ({ local }: { local: number }) => [
    ...get(local),
    ...get(x),
    ...(fma
      ? [...get(y), 0xfd, ...unsigned(0x105)]
      : [0xfd, ...unsigned(0xe6), ...get(y), 0xfd, ...unsigned(0xe4)]),
    ...set(local),
  ]
  const body = [
    ...[1, ...unsigned(2 + vectors), 0x7b],
    ...splat(0, x),
    ...splat(4, y),
    ...chains.flatMap(({ local, address }) => [...zero, 0xfd, 0, ...at(address), ...set(local)]),
    ...[0x03, 0x40],
    ...chains.flatMap(step),
    // steps = steps - 1; again unless 0
    ...[...get(steps), 0x41, 1, 0x6b, 0x22, steps, 0x0d, 0, 0x0b],
    ...chains.flatMap(({ local, address }) => [...zero, ...get(local), 0xfd, 11, ...at(address)]),
    0x0b,
  ]
  return new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('run'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ])
}

const section = (id: number, bytes: number[]) => [id, ...unsigned(bytes.length), ...bytes]

const name = (text: string) => [text.length, ...new TextEncoder().encode(text)]

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}
