import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deploy } from './documents.ts'

export const dockerfile = join(deploy, 'Dockerfile')

/** An instruction of the last stage, such as `COPY` with what stands behind it. */
interface Instruction {
  readonly name: string
  readonly rest: string
}

/** The last stage of the Dockerfile, which is the image. */
export const image: readonly Instruction[] = lastStage(readFileSync(dockerfile, 'utf8'))

function lastStage(text: string): Instruction[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const instructions = lines.map((line) => {
    const [, name, rest] = /^(\S+)\s+(.*)$/.exec(line)!
    return { name: name!, rest: rest! }
  })
  return instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
}

/** The only instruction of a name. */
export function instruction(name: string): string {
  const found = image.filter((one) => one.name === name)
  if (found.length !== 1) throw new Error(`${found.length} instructions ${name}, not one`)
  return found[0]!.rest
}

/** The words of an instruction in exec form; a shell form would need a shell, which the image lacks. */
export function words(name: string): string[] {
  const list = /\[.*\]$/s.exec(instruction(name))
  if (!list) throw new Error(`${name} has no exec form: ${instruction(name)}`)
  return JSON.parse(list[0]) as string[]
}
