// Trains a head on 1,000 pictures of CIFAR-10: node examples/cifar10-head.mjs FOLDER-WITH-ITS-BIN-FILES [OUTPUT]
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHeadTrainer } from 'vitrine/train'

const labels = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ')
const [folder, output = 'cifar10-head.safetensors'] = process.argv.slice(2)

/** The pictures of a file: a label, then 1,024 bytes each of red, green and blue. */
async function* records(file) {
  const bytes = await readFile(join(folder, file))
  for (let at = 0; at < bytes.length; at += 3073) {
    const image = { width: 32, height: 32, data: new Uint8Array(3072) }
    for (let i = 0; i < 1024; i++) {
      for (let c = 0; c < 3; c++) image.data[3 * i + c] = bytes[at + 1 + 1024 * c + i]
    }
    yield { image, label: labels[bytes[at]], id: `${file}/${at / 3073}` }
  }
}

/** The first pictures of each class. */
async function* firstOfEach(count, pictures) {
  const seen = Object.fromEntries(labels.map((label) => [label, 0]))
  for await (const picture of pictures) if (seen[picture.label]++ < count) yield picture
}

const trainer = await createHeadTrainer(undefined, { labels })
console.time('1,000 features')
for await (const added of trainer.addAll(firstOfEach(100, records('data_batch_1.bin')))) {
  if (added.error) console.warn(added.error.message)
}
console.timeEnd('1,000 features')

console.time('training')
for await (const { evaluation, step } of trainer.train()) {
  if (evaluation)
    console.log(`update ${step}: ${(100 * evaluation.accuracy).toFixed(1)} % of 100 held out`)
}
console.timeEnd('training')

let [right, count] = [0, 0]
for await (const { image, label } of firstOfEach(100, records('test_batch.bin'))) {
  const [best] = await trainer.classify(image, { topK: 1 })
  if (best.label === label) right++
  count++
}
console.log(`${((100 * right) / count).toFixed(1)} % of ${count} test pictures right`)
await writeFile(output, await trainer.export())
console.log(output)
trainer.dispose()
