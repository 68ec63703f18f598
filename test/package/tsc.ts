import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))

/** The oldest TypeScript that the declarations are for, the one of the checkout, and what came later. */
export const compilers = ['typescript54', 'typescript', 'typescript60', 'typescript70'] as const
export type Compiler = (typeof compilers)[number]

export const versionOf = (compiler: Compiler): string =>
  JSON.parse(readFileSync(join(modules, compiler, 'package.json'), 'utf8')).version

/** What a compiler says of a project; nothing where everything is right. */
export function compile(compiler: Compiler, project: string): Promise<string> {
  const program = join(modules, compiler, 'bin/tsc')
  const args = [program, '--project', project, '--pretty', 'false']
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`
      resolve(error && said === '' ? String(error) : said)
    })
  })
}
