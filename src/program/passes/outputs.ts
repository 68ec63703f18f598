import { ArgumentError } from '../../errors.ts'
import { inputsOf, outputsOf } from '../access.ts'
import type { Op, Program, ValueId } from '../program.ts'

/**
 * The part of a program that computes the asked-for values, and nothing else.
 * @param names names of `program.outputs` (`logits`, `features`) or of any value (`blocks.0.fc2`)
 * @throws ArgumentError for a name that the program does not have
 */
export function withOutputs(program: Program, names: readonly string[]): Program {
  const outputs = Object.fromEntries(names.map((name) => [name, find(program, name)]))
  const needed = new Set<ValueId>(Object.values(outputs))
  const ops: Op[] = []
  for (const op of program.ops.toReversed()) {
    if (!outputsOf(op).some((value) => needed.has(value))) continue
    for (const value of inputsOf(op)) needed.add(value)
    const dropsWeights =
      op.op === 'attention' && op.weights !== undefined && !needed.has(op.weights)
    ops.unshift(dropsWeights ? { ...op, weights: undefined } : op)
  }
  return { ...program, ops, outputs }
}

function find(program: Program, name: string): ValueId {
  const output = program.outputs[name]
  if (output !== undefined) return output
  const value = program.values.findIndex((value) => value.name === name)
  if (value >= 0) return value
  throw new ArgumentError(`This program has no value ${JSON.stringify(name)}.`)
}
