import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { encodePNG } from '../../../src/image/encode.ts'
import { random } from '../../random.ts'
import { writeTiny } from '../tiny-model.ts'

/** A tiny checkpoint and pictures of two colours, for runs of the command. */
export async function material(folder: string): Promise<string[]> {
  await writeTiny(join(folder, 'tiny.safetensors'))
  for (const split of ['train', 'test']) {
    for (const [place, colour] of ['blue', 'red'].entries()) {
      for (let i = 0; i < 12; i++) {
        const next = random(100 * place + i)
        const data = Uint8Array.from(
          { length: 20 * 20 * 3 },
          (_, k) => next() * 120 + (k % 3 === 2 - 2 * place ? 100 : 0),
        )
        const path = join(folder, 'photos', split, colour, `${i}.png`)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, await encodePNG({ width: 20, height: 20, data }))
      }
    }
  }
  const checkpoint = join(folder, 'tiny.safetensors')
  return ['train', '--model', checkpoint, '--dataset', join(folder, 'photos')]
}
