/**
 * The top-1 accuracy of the embedded model with tokens merged, in every type.
 *
 *     node --import tsx bench/scripts/merging-accuracy.ts FOLDER
 *
 * FOLDER has `crops.u8.bin`, pictures `[count, 224, 224, 3]` after preprocessing but for normalisation, and `golden.json`,
 * whose `class_index` is the class of each.
 */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { load } from '../../src/index.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name the folder of the pictures.')
const { class_index: classes } = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'))
const crops = readFileSync(join(folder, 'crops.u8.bin'))
const pixels = Float32Array.from(crops, (x) => (x / 255 - 0.5) / 0.5)
console.log(`ViT-Ti/16, ${classes.length} pictures, ${cpus()[0]!.model}, Node ${process.version}`)

for (const merge of [0, 4, 8, 12, 16]) {
  for (const dtype of ['f32', 'int16', 'int8'] as const) {
    const vit = await load(undefined, { merge, dtype })
    const logits = await vit.logits(pixels)
    const right = classes.filter((index: number, i: number) => {
      const row = logits.subarray(i * 1000, (i + 1) * 1000)
      return row[index] === row.reduce((a, b) => Math.max(a, b))
    }).length
    console.log(`r = ${merge}, ${dtype}: ${((100 * right) / classes.length).toFixed(2)} % right`)
    vit.dispose()
  }
}
