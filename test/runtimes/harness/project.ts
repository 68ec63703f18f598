import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { built, install } from '../../package/installed.ts'
import { runScript, type Started, startScript } from './commands.ts'
import { installFrom, linkCommands, manifestOf } from './packages.ts'

const programs = fileURLToPath(new URL('../', import.meta.url))
const tools = join(programs, 'tools')
const installTools = 'npm ci --prefix test/runtimes/tools'

/** A user's project in a folder of its own: a program of test/runtimes, and all that its package.json names. */
export interface Project {
  readonly folder: string
  /** The Node on which its tools run. */
  readonly node: string
  /** Runs a script of its package.json to its end, and gives what it printed. */
  run(script: string): Promise<string>
  /** Starts a script that goes on until it is stopped. */
  start(script: string, env?: Readonly<Record<string, string>>): Promise<Started>
}

export interface TargetOptions {
  /** Where the program lies, unless in test/runtimes. */
  readonly program?: string
  /** Why the test can't run here, where something beside the tools is missing. */
  readonly obstacle?: string | undefined
  /** The oldest Node on which the target's tools run. */
  readonly node?: number
  /** Changes the program before its tools run: adds the check of int16, say. */
  readonly prepare?: (folder: string) => void
}

const printed = new Set<string>()

/**
 * A test of one target; skipped, with the reason printed, where its tools are not installed.
 * @param target the program's folder in test/runtimes
 */
export function targetTest(
  target: string,
  name: string,
  run: (project: Project) => Promise<void>,
  options: TargetOptions = {},
): void {
  const title = `${target}: ${name}`
  const obstacle = options.obstacle ?? obstacleOf(target, options)
  if (obstacle === undefined) return void test(title, async () => run(open(target, options)))
  if (!printed.has(obstacle)) console.log(`skipping ${title}: ${obstacle}`)
  printed.add(obstacle)
  test.skip(title, () => {})
}

const opened = new Map<string, Project>()

/** The project of a target, made once for a process. */
function open(target: string, options: TargetOptions): Project {
  const { prepare, node = 0 } = options
  const made = opened.get(target) ?? make(target, programOf(target, options), nodeOf(node)!)
  if (!opened.has(target)) prepare?.(made.folder)
  opened.set(target, made)
  return made
}

const programOf = (target: string, { program = join(programs, target) }: TargetOptions) => program

function make(target: string, program: string, node: string): Project {
  const folder = mkdtempSync(join(tmpdir(), `vitrine-${target}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  cpSync(program, folder, { recursive: true })
  const names = dependenciesOf(program)
  installFrom(tools, names, folder)
  cpSync(install().package, join(folder, 'node_modules/vitrine'), { recursive: true })
  for (const name of [...names, 'vitrine']) linkCommands(folder, name)
  return {
    folder,
    node,
    run: (script) => runScript(folder, node, script),
    start: (script, env = {}) => startScript(folder, node, script, env),
  }
}

/** What a program's package.json names beside vitrine. */
function dependenciesOf(program: string): string[] {
  const { dependencies, devDependencies } = manifestOf(program)
  return Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name !== 'vitrine')
}

function obstacleOf(target: string, options: TargetOptions): string | undefined {
  const { node = 0 } = options
  if (!built) return 'there is no build/; npm run build'
  const missing = dependenciesOf(programOf(target, options)).find(
    (name) => !existsSync(join(tools, 'node_modules', name)),
  )
  if (missing) return `${missing} is not installed; ${installTools}`
  if (!nodeOf(node)) return `it needs Node ${node}; name one by VITRINE_NODE`
  return undefined
}

/** A Node that is new enough: this one, or the one that the environment names. */
export function nodeOf(oldest: number): string | undefined {
  const isNewEnough = Number(process.versions.node.split('.')[0]) >= oldest
  return isNewEnough ? process.execPath : process.env.VITRINE_NODE || undefined
}
