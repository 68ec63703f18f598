import { UnsupportedError } from '../../errors.ts'
import type { Sign } from './publisher.ts'

/** The first sign that any of the names has, and the name that has it. */
export function findSign(
  signs: readonly Sign[],
  names: Iterable<string>,
): { relative: string; tensor: string } | undefined {
  const all = [...names]
  for (const [sign, relative] of signs) {
    const tensor = all.find((name) => sign.test(name))
    if (tensor !== undefined) return { relative, tensor }
  }
  return undefined
}

/**
 * @throws UnsupportedError naming the relative, where a name has a sign of one
 */
export function refuseRelatives(
  signs: readonly Sign[],
  names: Iterable<string>,
  file: string,
): void {
  const found = findSign(signs, names)
  if (!found) return
  throw new UnsupportedError(
    `${file} is ${found.relative}: it has the tensor ${found.tensor.slice(0, 200)}. Models of that kind are not run.`,
  )
}
