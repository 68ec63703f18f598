import { ArgumentError } from '../../errors.ts'
import { inputsOf, type Op, operationOf, outputsOf } from '../ops/operations.ts'
import type { Program } from '../program.ts'
import type { ValueId } from '../values.ts'

/**
 * Reduces a program to the operations that the requested values need.
 * @param names names of `program.outputs` (`logits`, `features`) or of any value (`blocks.0.fc2`)
 * @throws ArgumentError for an unknown name
 */
export function withOutputs(program: Program, names: readonly string[]): Program {
  const outputs = Object.fromEntries(names.map((name) => [name, valueNamed(program, name)]))
  const needed = new Set<ValueId>(Object.values(outputs))
  const ops: Op[] = []
  for (const op of program.ops.toReversed()) {
    if (!outputsOf(op).some((value) => needed.has(value))) continue
    for (const value of inputsOf(op)) needed.add(value)
    ops.unshift(withoutUnread(op, needed))
  }
  return { ...program, ops, outputs }
}

/** An operation without its unread optional outputs. */
function withoutUnread(op: Op, needed: ReadonlySet<ValueId>): Op {
  const [, ...optional] = operationOf(op).makes
  const unread = optional.filter((field) => !needed.has(op[field] as ValueId))
  return { ...op, ...Object.fromEntries(unread.map((field) => [field, undefined])) }
}

/**
 * The value that a name stands for: an output of the program, or any value.
 * @throws ArgumentError for an unknown name
 */
export function valueNamed(program: Program, name: string): ValueId {
  const output = program.outputs[name]
  if (output !== undefined) return output
  const value = program.values.findIndex((value) => value.name === name)
  if (value >= 0) return value
  throw new ArgumentError(`This program has no value ${JSON.stringify(name)}.`)
}
