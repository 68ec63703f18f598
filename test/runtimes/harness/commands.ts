import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { delimiter, dirname } from 'node:path'
import { guardGroup } from '../../../bench/browser/guard.ts'

/** A script that runs. */
export interface Started {
  /** Waits for something that it prints. */
  prints(pattern: RegExp): Promise<RegExpExecArray>
  /** All that it printed so far. */
  output(): string
  readonly pid: number
  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

/** What takes longer hangs. */
const MOST_SECONDS = 240

/** Nothing is reported to anybody, and nothing is coloured. */
const quiet = {
  CI: '1',
  NO_COLOR: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  WRANGLER_SEND_METRICS: 'false',
  npm_config_update_notifier: 'false',
}

type Environment = Readonly<Record<string, string | undefined>>

export interface CommandOptions {
  readonly cwd: string
  /** Variables beside those of this process. */
  readonly env?: Environment
  /** All variables there are. */
  readonly onlyEnv?: Environment
  readonly uid?: number
  readonly gid?: number
}

/** Starts a command that does not outlive this process. */
export function start(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Started & { readonly ended: Promise<number | null> } {
  const { env, onlyEnv, ...rest } = options
  const child = spawn(command, args, {
    ...rest,
    env: onlyEnv ?? { ...process.env, ...quiet, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const take = (text: string) => {
    output += text
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  const ended = end(child)
  const release = child.pid === undefined ? () => {} : guardGroup(child.pid)
  void ended.then(release, release)
  return {
    ended,
    pid: child.pid!,
    output: () => output,
    signal: (name) => void child.kill(name),
    async prints(pattern) {
      for (;;) {
        const found = pattern.exec(output)
        if (found) return found
        const more = once(child.stdout, 'data').then(() => true)
        const moreErrors = once(child.stderr, 'data').then(() => true)
        const goesOn = await Promise.race([more, moreErrors, ended.then(() => false)])
        if (!goesOn && !pattern.exec(output)) throw new Error(`It has ended: ${output}`)
      }
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        try {
          process.kill(-child.pid!, 'SIGKILL')
        } catch {}
      }
      await ended
    },
  }
}

async function end(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

/**
 * Runs a command to its end.
 * @returns what it printed
 * @throws where it fails, with all that it printed
 */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const started = start(command, args, options)
  const timer = setTimeout(() => void started.stop(), MOST_SECONDS * 1000)
  const code = await started.ended
  clearTimeout(timer)
  const output = started.output()
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}

const withNode = (node: string) => ({
  PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
})

/** Runs a script of a project's package.json to its end, on a given Node. */
export function runScript(folder: string, node: string, script: string): Promise<string> {
  return run('npm', ['run', '--silent', script], { cwd: folder, env: withNode(node) })
}

export async function startScript(
  folder: string,
  node: string,
  script: string,
  env: Environment,
): Promise<Started> {
  const args = ['run', '--silent', script]
  return start('npm', args, { cwd: folder, env: { ...withNode(node), ...env } })
}

/** A port that nothing listens at, for programs that can't choose one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
