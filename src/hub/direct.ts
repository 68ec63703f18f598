import type { CheckpointInput, OpenOptions } from '../checkpoint/checkpoint.ts'
import type { Beside } from '../checkpoint/description.ts'
import { neighboursOf } from '../checkpoint/source/neighbours.ts'
import { UnsupportedError } from '../errors.ts'
import { nameOfSource } from '../platform/locator.ts'
import type { HubOptions } from './settings.ts'

/**
 * Takes the place of open.ts in builds without the hub: an http or https URL is read directly, without a cache, and
 * there are no published names.
 * @throws UnsupportedError for published names and for options of the hub
 */
export async function usePublished<T>(
  name: string,
  { hub }: OpenOptions & { hub?: HubOptions | undefined },
  use: (input: CheckpointInput, beside: Beside) => Promise<T>,
): Promise<T> {
  const { onNotice: notice, ...others } = hub ?? {}
  const option = Object.entries(others).find(([, value]) => value !== undefined)
  if (option) {
    throw new UnsupportedError(
      `This build of vitrine has no hub, so the option hub.${option[0]} has no effect here: leave it out.`,
    )
  }
  if (/^https?:/i.test(name)) return use(name, { neighbours: neighboursOf(name, { notice }) })
  throw new UnsupportedError(
    `This build of vitrine has no published names, so it can't load ${JSON.stringify(nameOfSource(name))}: pass the model's URL, its bytes, or a stream of them.`,
  )
}
