import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { loadImageText } from '../../src/text/index.ts'
import { asSafetensors, randomTensors } from '../checkpoint/models.ts'
import { smallNaflex } from '../families/vision/variations.ts'
import { makeModel, special } from '../text/sentencepiece-file.ts'
import { answered, drop, isAccessible, playgroundTest, textOf } from './playground-page.ts'

const words = ['▁', '▁a', '▁dog', '▁cat', 'd', 'o', 'g', 'c', 'a', 't', 's', 'p', 'h', 'f']
const vocabulary = makeModel({
  type: 1,
  pieces: [...special, ...words.map((text, i) => ({ text, score: -1 - i / 4 }))],
})
const config = {
  ...smallNaflex,
  vocabulary: special.length + words.length,
  cleaning: 'transformers',
} as const

/** A model of images and texts, sharp enough for its answers to differ. */
const tensors = (await randomTensors(config, 'own')).map((tensor) => {
  const value = { logit_scale: Math.log(20), logit_bias: 0 }[tensor.name]
  return value === undefined ? tensor : { ...tensor, values: Float32Array.of(value) }
})
const model = await asSafetensors(tensors, ownMetadata({ config, recipe: 'naflex' }))

const picture = new URL('../../examples/chelsea.png', import.meta.url)

/** What the library says: labels and probabilities in percent, the most fitting first. */
async function expected(labels: readonly string[], template: string): Promise<string[]> {
  using text = await loadImageText(model, { vocabulary, backend: 'reference' })
  const classifier = await text.zeroShot(labels, { templates: [template] })
  const found = await classifier.classify(picture, { topK: labels.length })
  return found.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`)
}

const published = new Map([
  ['/mirror/org/words/model.safetensors', model],
  ['/mirror/org/words/spiece.model', vocabulary],
])

const labels = ['a dog', 'a cat', 'cats', 'dogs']

playgroundTest(
  'words in the playground',
  async (page) => {
    const rows = () =>
      page.$$eval('.bars li', (all) =>
        all.map(
          (row) =>
            `${row.querySelector('.name')!.textContent} ${row.querySelector('.value')!.textContent}`,
        ),
      )
    const ranked = (rows: readonly string[]) =>
      page.waitForFunction(
        (wanted) => {
          const all = [...document.querySelectorAll('.bars li')]
          const found = all.map(
            (row) =>
              `${row.querySelector('.name')!.textContent} ${row.querySelector('.value')!.textContent}`,
          )
          return found.join() === wanted && !document.querySelector('[aria-busy=true]')
        },
        {},
        rows.join(),
      )
    const type = (selector: string, value: string) =>
      page.$eval(
        selector,
        (element, value) => {
          ;(element as HTMLTextAreaElement).value = value
          element.dispatchEvent(new InputEvent('input', { bubbles: true }))
        },
        value,
      )

    // A model of pictures says what to do.
    await answered(page, 'Egyptian cat')
    await page.click('nav a[href="#words"]')
    await page.waitForSelector('::-p-xpath(//h2[text()="No words"])')
    await isAccessible(page, 'words without a text tower')
    await page.click('::-p-xpath(//button[text()="Choose a model"])')
    await page.waitForSelector('dialog[open] #models')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog:not([open])')

    // A file lies alone: the page asks for its vocabulary.
    await drop(page, 'naflex.safetensors', model)
    await page.waitForSelector('.card [role=alert]')
    assert.match(await textOf(page, '.card [role=alert]'), /needs the vocabulary of its texts/)
    await drop(page, 'spiece.model', vocabulary)
    await page.waitForFunction(() => document.querySelectorAll('.bars li').length === 4)

    await type('.words textarea', labels.join('\n'))
    await type('.words input[type=text]', 'a {}')
    await page.click('.words button[type=submit]')
    const first = await expected(labels, 'a {}')
    await ranked(first)
    assert.match(await textOf(page, '.card'), /Each is judged for itself/)
    const [best] = first
    const announced = best!.replace(/ (?=[\d.]+ %)/, ', ')
    assert.is(await textOf(page, '[role=status]'), announced)
    await isAccessible(page, 'words')

    // Without a place for a word, or without words, there is nothing to ask.
    await type('.words input[type=text]', 'a photo')
    assert.ok(
      await page.$eval(
        '.words button[type=submit]',
        (button) => (button as HTMLButtonElement).disabled,
      ),
    )
    assert.is(await textOf(page, '#sentence'), 'Write {} where a word goes.')
    await isAccessible(page, 'words without a place')
    await type('.words input[type=text]', '{}')
    await type('.words textarea', 'dogs\n\ndogs\na cat')
    await page.click('.words button[type=submit]')
    await ranked(await expected(['dogs', 'a cat'], '{}'))

    // Another picture is judged by the same words; other numbers change little.
    const before = await rows()
    await page.click('.thumbnail:nth-child(4) input')
    await page.waitForFunction(
      (before) => {
        const found = [...document.querySelectorAll('.bars .value')].map((one) => one.textContent)
        return (
          found.length === 2 &&
          !document.querySelector('[aria-busy=true]') &&
          !before.includes(String(found[0]))
        )
      },
      {},
      before.join(),
    )
    // With its vocabulary known, another file is judged at once, and again when the browser has kept it.
    await drop(page, 'again.safetensors', model)
    await page.waitForFunction(() =>
      /again/.test(document.querySelector('.model-button .title')!.textContent!),
    )
    await page.click('.thumbnail:nth-child(1) input')
    await ranked(await expected(['dogs', 'a cat'], '{}'))
    // In the other rooms it has no classes, and its attention fits the picture.
    await page.click('nav a[href="#classify"]')
    await page.waitForSelector('a[href="#words"]:not(nav a)')
    await page.click('nav a[href="#attention"]')
    await page.waitForSelector('.darkness')
    await page.click('.model-button')
    await page.waitForSelector('dialog[open] #models')
    assert.match(await textOf(page, 'dialog'), /any shape, in patches of 4 × 4/)

    // A repository brings its vocabulary.
    await page.type('.search', 'hf:org/words')
    const button = 'section[aria-labelledby=published] .rows button'
    await page.click(button)
    await page.waitForFunction(() => /Get \d+ kB/.test(document.querySelector('dialog')!.innerText))
    await page.click(button)
    await page.waitForFunction(() =>
      // Its name is there while it is loaded.
      /hf:org\/wordsany shape/.test(document.querySelector('.model-button')!.textContent!),
    )
    await page.click('nav a[href="#words"]')
    await ranked(await expected(['dogs', 'a cat'], '{}'))
    assert.not(await page.$('::-p-xpath(//button[contains(., "ocabulary")])'))
  },
  published,
)

test.run()
