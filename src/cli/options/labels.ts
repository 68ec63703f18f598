import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { ArgumentError, SourceError } from '../../errors.ts'
import type { LoadOptions } from '../../load.ts'

export interface LabelFlags {
  labels?: string
}

/** Adds the flag of commands that use class names. */
export function withLabelsOption(command: Command): Command {
  return command.option(
    '--labels <file>',
    'class names: a file (lines or a JSON array), or a data set such as cifar10',
  )
}

/** Class names from a file, or the data set of this name unless a file has the same name. */
export async function readLabels({ labels: path }: LabelFlags): Promise<LoadOptions['labels']> {
  if (path === undefined) return undefined
  const { labelSets, parseLabels } = await import('../../labels.ts')
  const set = labelSets.find((name) => name === path)
  if (set && !existsSync(path)) return set
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new SourceError(`Can't read the labels: ${(cause as Error).message}.`, { cause })
  }
  if (!text.trimStart().startsWith('[')) return parseLabels(text)
  return parseJSONLabels(text, path)
}

function parseJSONLabels(text: string, path: string): readonly string[] {
  let labels: unknown
  try {
    labels = JSON.parse(text)
  } catch (cause) {
    throw new ArgumentError(`${path} begins like a JSON array, but is not valid JSON.`, { cause })
  }
  if (Array.isArray(labels) && labels.every((label) => typeof label === 'string')) return labels
  throw new ArgumentError(`${path} must hold a JSON array of strings, and holds something else.`)
}
