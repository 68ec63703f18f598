/**
 * The engine's `i32x4.relaxed_dot_i8x16_i7x16_add_s` over sixteen bytes each, from and to a memory, so that
 * no compiler knows the factors.
 */
export function dotModule(): (a: readonly number[], b: readonly number[]) => number[] {
  const load = (address: number) => [0x41, address, 0xfd, 0x00, 0x04, 0x00]
  const body = [
    ...[0x00, 0x41, 0x20], // no locals; the address of the result, 32
    ...[...load(0), ...load(16)],
    ...[0x41, 0x00, 0xfd, 0x11], // i32x4.splat of 0
    ...[0xfd, 0x93, 0x02], // the dot product
    ...[0xfd, 0x0b, 0x04, 0x00, 0x0b], // v128.store, end
  ]
  const section = (id: number, ...bytes: number[]) => [id, bytes.length, ...bytes]
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 0, 0), // a function of nothing
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1), // a page
    ...section(7, 2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0), // exports m and f
    ...section(10, 1, body.length, ...body),
  ]
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes)))
  const { buffer } = exports.m as WebAssembly.Memory
  const [factors, result] = [new Uint8Array(buffer, 0, 32), new Int32Array(buffer, 32, 4)]
  return (a, b) => {
    factors.set([...a, ...b])
    ;(exports.f as () => void)()
    return [...result]
  }
}
