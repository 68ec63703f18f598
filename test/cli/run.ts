import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * What Node is given to run the command line: the built one with VITRINE_BUILT, as `npm test` sets it after building, which
 * starts in a third of the time; else the sources.
 */
export const command: readonly string[] = process.env.VITRINE_BUILT
  ? [join(root, 'build/node/cli.js')]
  : ['--import', 'tsx', join(root, 'src/cli/main.ts')]

export interface Result {
  code: number | null
  stdout: string
  stderr: string
  bytes: Buffer
}

export interface RunOptions {
  input?: Uint8Array
  env?: Record<string, string>
}

/** Starts the real command line as a process of its own. */
export function start(
  args: readonly string[],
  env: Record<string, string> = {},
  node = process.execPath,
) {
  // Tests must not depend on the environment's settings for colours.
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env
  return spawn(node, [...command, ...args], {
    cwd: root,
    env: { ...rest, ...env },
  })
}

/** Runs the command line to its end. */
export function run(args: readonly string[], { input, env }: RunOptions = {}): Promise<Result> {
  const child = start(args, env)
  // A child that exits early closes its stdin, which is no failure.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return result(child)
}

/** Waits for a process: its output and exit code. */
export async function result(child: ChildProcessWithoutNullStreams): Promise<Result> {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (data) => stdout.push(data))
  child.stderr.on('data', (data) => stderr.push(data))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const bytes = Buffer.concat(stdout)
  return { code, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString(), bytes }
}

export const parseLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** A folder that is removed when the tests end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-test-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
