import type { TensorInfo } from '../../checkpoint/checkpoint.ts'

/** Tensors whose names differ only in the number of their block. */
export interface TensorGroup {
  /** The name; for several tensors with their block numbers, as `{0-11}`. */
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly count: number
}

/** A block's number: the first number before a dot or slash. */
const blockNumber = /\d+(?=[./])/

/** Groups tensors of the same name, type and shape across blocks, in order of first appearance. */
export function groupTensors(tensors: Iterable<TensorInfo>): TensorGroup[] {
  const groups = new Map<string, TensorInfo[]>()
  for (const tensor of tensors) {
    const pattern = tensor.name.replace(blockNumber, '#')
    const key = `${pattern} ${tensor.dtype} ${tensor.shape.join()}`
    const group = groups.get(key)
    if (group) group.push(tensor)
    else groups.set(key, [tensor])
  }
  return [...groups.values()].map((group) => {
    const { name, dtype, shape } = group[0]!
    const numbers = group.map((tensor) => Number(blockNumber.exec(tensor.name)?.[0]))
    const range = group.length > 1 ? `{${ranges(numbers)}}` : undefined
    return {
      name: range ? name.replace(blockNumber, range) : name,
      dtype,
      shape,
      count: group.length,
    }
  })
}

/** `0-3,5` */
function ranges(numbers: readonly number[]): string {
  const runs: [from: number, to: number][] = []
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && last[1] + 1 === number) last[1] = number
    else runs.push([number, number])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join()
}
