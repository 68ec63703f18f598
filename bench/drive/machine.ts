import { execFileSync } from 'node:child_process'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { ArgumentError } from '../../src/errors.ts'
import type { Machine } from '../report/report.ts'

/**
 * What a report says of the machine and of the Node that runs the engines.
 * @throws ArgumentError where the binary is no Node
 */
export function describeMachine(node: string, ceilings: Machine['ceilings']): Machine {
  return {
    ...describeHardware(),
    system: `${platform()} ${arch()} ${release()}`,
    runtime: { name: 'node', ...nodeVersions(node) },
    ceilings,
  }
}

/** What a report says of the machine, whatever runs on it. */
export function describeHardware(): Pick<Machine, 'cpu' | 'cores' | 'memoryBytes'> {
  const all = cpus()
  return { cpu: all[0]?.model.trim() ?? 'unknown', cores: all.length, memoryBytes: totalmem() }
}

function nodeVersions(node: string): { version: string; v8: string } {
  const script = 'JSON.stringify([process.versions.node, process.versions.v8])'
  try {
    const text = execFileSync(node, ['--print', script], { encoding: 'utf8' })
    const [version, v8] = JSON.parse(text) as [string, string]
    return { version, v8 }
  } catch (cause) {
    throw new ArgumentError(`${node} is no Node that runs: ${(cause as Error).message}`, { cause })
  }
}
