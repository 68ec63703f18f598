import { join } from 'node:path'
import { UsageError } from '../exit.ts'

/** Where a run lies, in the words of both generations of the release. */
export interface PlaceFlags {
  workdir?: string
  logdir?: string
  name?: string
}

/**
 * The folder of a run: `--workdir`, or `--logdir`, in which a `--name` is a folder.
 * @throws UsageError where there is none, or flags contradict each other
 */
export function placeOf({ workdir, logdir, name }: PlaceFlags): string {
  if (workdir !== undefined && logdir !== undefined) {
    throw new UsageError('The run has a --workdir and a --logdir; give one of them.')
  }
  if (workdir !== undefined && name !== undefined) {
    throw new UsageError(
      '--name is a folder in the --logdir; with --workdir the whole path is given. Leave out --name, or give --logdir.',
    )
  }
  const folder = workdir ?? logdir
  if (folder === undefined) {
    throw new UsageError('The run needs a folder: give --workdir FOLDER, or --logdir FOLDER.')
  }
  if (name === undefined) return folder
  if (name === '' || /[\\/]|^\.+$/.test(name)) {
    throw new UsageError(`--name must be the name of a folder, not ${JSON.stringify(name)}.`)
  }
  return join(folder, name)
}
