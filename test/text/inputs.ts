import { random } from '../random.ts'

export const texts = [
  'a photo of a dog',
  'a dog',
  '',
  'cats',
  ...Array.from({ length: 23 }, (_, i) => `a ${'b'.repeat(1 + (i % 5))} of dogs`),
  'a red cat, a blue dog! '.repeat(5),
]

function picture(seed: number) {
  const next = random(seed)
  return { width: 12, height: 12, data: Uint8Array.from({ length: 432 }, () => next() * 256) }
}

export const pictures = [1, 2, 3].map(picture)
