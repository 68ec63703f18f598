import { spawnSync } from 'node:child_process'

/** Options of a process that runs as the user `nobody`: root may write everywhere. */
export const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** Why programs can't be kept from writing here, if so. */
export const writesAnyway =
  process.platform === 'win32'
    ? 'Windows has no permissions of that kind'
    : spawnSync(process.execPath, ['--version'], unprivileged).status !== 0
      ? 'only root can run this Node'
      : undefined
