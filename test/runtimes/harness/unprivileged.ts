import { spawnSync } from 'node:child_process'

/** Root may write everywhere, so a program that must not is started as the user `nobody`: options for its process. */
export const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** Why programs can't be kept from writing here, if so. */
export const writesAnyway =
  process.platform === 'win32'
    ? 'Windows has no permissions of that kind'
    : spawnSync(process.execPath, ['--version'], unprivileged).status !== 0
      ? 'only root can run this Node'
      : undefined
