import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A Python with what test/serve/clients/requirements.txt lists. */
export const python = process.env.VITRINE_SERVE_PYTHON ?? ''

/** Why other people's clients can't run here, if so. */
export const noPython =
  python === ''
    ? 'VITRINE_SERVE_PYTHON names no Python with test/serve/clients/requirements.txt'
    : spawnSync(python, ['--version']).status !== 0
      ? `${python} does not run`
      : undefined

/** The folder of the commands that its packages have. */
export const pythonCommands = dirname(python)

/** A script beside a test. */
export const script = (name: string, from: string) => fileURLToPath(new URL(name, from))
