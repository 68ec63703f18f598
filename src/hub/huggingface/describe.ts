import { VitrineError } from '../../errors.ts'
import { obtainBytes } from '../obtain.ts'
import type { Settings } from '../settings.ts'
import type { Told } from '../told.ts'
import { readWhole } from './hub-cache.ts'
import { type Json, toldBy } from './model-config.ts'
import { fileRemote, hasFile, localFile, type Repository } from './repository.ts'

const maxConfigBytes = 4 << 20

/** What the files beside the weights tell; nothing where there are none. */
export async function describeRepository(
  repository: Repository,
  weights: string,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<Told> {
  const folder = weights.slice(0, weights.lastIndexOf('/') + 1)
  const read = (name: string) => readJson(repository, folder + name, settings, signal)
  const [config, processor] = await Promise.all([
    read('config.json'),
    read('preprocessor_config.json'),
  ])
  return toldBy(config, processor)
}

async function readJson(
  repository: Repository,
  file: string,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<Json | undefined> {
  const listed = hasFile(repository, file)
  if (listed === false) return undefined
  const text = new TextDecoder().decode(await bytesOf())
  try {
    return JSON.parse(text) || undefined
  } catch {
    return undefined
  }

  async function bytesOf(): Promise<Uint8Array> {
    const path = await localFile(repository, file)
    if (path !== undefined) return readWhole(path)
    const remote = fileRemote(repository, file, settings, maxConfigBytes)
    return obtainBytes(remote, settings, signal).catch((error) => {
      // Where it is not known whether it is there, it may as well not be.
      if (listed || !(error instanceof VitrineError)) throw error
      return new Uint8Array(0)
    })
  }
}
