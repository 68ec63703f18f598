// The fields of a tape's records; tape.ts lists them.
@inline
export function word(record: usize, field: i32): usize {
  return <usize>load<u32>(record + (field << 2));
}

@inline
export function int(record: usize, field: i32): i32 {
  return load<i32>(record + (field << 2));
}
