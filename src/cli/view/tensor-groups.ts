import type { TensorInfo } from '../../checkpoint/checkpoint.ts'

/** Tensors whose names differ only in the number of their block. */
export interface TensorGroup {
  /** The name; for several tensors with their block numbers, as `{0-11}`. */
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly count: number
}

/** A name without one of its numbers. */
interface Gap {
  /** The same for tensors of the same type and shape whose names differ only in that number. */
  readonly key: string
  readonly before: string
  readonly number: number
  readonly after: string
}

/**
 * Groups tensors of the same name, type and shape across blocks, in order of first appearance. Of several numbers in
 * a name (`block1/unit2/conv3`) the one counts that joins most tensors, and of equals the first.
 */
export function groupTensors(tensors: Iterable<TensorInfo>): TensorGroup[] {
  const all = [...tensors].map((tensor) => ({ tensor, gaps: gapsOf(tensor) }))
  const sizes = new Map<string, number>()
  for (const { key } of all.flatMap(({ gaps }) => gaps)) sizes.set(key, (sizes.get(key) ?? 0) + 1)
  const groups = new Map<string, { tensor: TensorInfo; numbers: number[]; gap: Gap | undefined }>()
  for (const { tensor, gaps } of all) {
    const [first, ...others] = gaps
    const gap = others.reduce(
      (best, gap) => (sizes.get(gap.key)! > sizes.get(best!.key)! ? gap : best),
      first,
    )
    const key = gap?.key ?? tensor.name
    const group = groups.get(key)
    if (group && gap) group.numbers.push(gap.number)
    else groups.set(key, { tensor, numbers: gap ? [gap.number] : [], gap })
  }
  return [...groups.values()].map(({ tensor: { name, dtype, shape }, numbers, gap }) => {
    const isGroup = gap !== undefined && numbers.length > 1
    return {
      name: isGroup ? `${gap.before}{${ranges(numbers)}}${gap.after}` : name,
      dtype,
      shape,
      count: Math.max(1, numbers.length),
    }
  })
}

/** Every number before a dot or slash may be that of a block. */
function gapsOf({ name, dtype, shape }: TensorInfo): Gap[] {
  return [...name.matchAll(/\d+(?=[./])/g)].map(({ 0: number, index }) => {
    const [before, after] = [name.slice(0, index), name.slice(index + number.length)]
    return {
      key: `${before}#${after} ${dtype} ${shape.join()}`,
      before,
      number: Number(number),
      after,
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
