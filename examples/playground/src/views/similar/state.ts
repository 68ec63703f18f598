import { batch, computed, signal } from '@preact/signals'
import { engine } from '../../engine/client.ts'
import type { Loaded } from '../../engine/types.ts'
import { announce } from '../../state/announce.ts'
import { camera } from '../../state/camera.ts'
import { isEnded, model } from '../../state/model.ts'
import { chosen, pictures, type Shown } from '../../state/pictures.ts'
import type { Subject } from '../view.ts'

/** A picture, and how alike it is. */
export interface Ranked {
  readonly picture: Shown
  /** The cosine of both embeddings, -1 to 1. */
  readonly similarity: number
}

/** The embeddings of pictures by their ids, each of length 1. */
const vectors = signal<ReadonlyMap<number, Float32Array>>(new Map())
/** What the pictures are compared with: the chosen one, or a frame of the camera. */
export const query = signal<Float32Array | undefined>()
/** Names of pictures that could not be read. */
const unread = signal<ReadonlyMap<number, string>>(new Map())

export const failures = computed(() =>
  pictures.value.filter(({ id }) => unread.value.has(id)).map(({ name }) => name),
)

/** The most similar first. */
export const ranking = computed((): readonly Ranked[] => {
  const wanted = query.value
  if (!wanted) return []
  return pictures.value
    .flatMap((picture) => {
      const vector = vectors.value.get(picture.id)
      return vector ? [{ picture, similarity: dot(wanted, vector) }] : []
    })
    .sort((one, other) => other.similarity - one.similarity)
})

/** How many pictures are still to be looked at. */
export const waiting = computed(
  () => pictures.value.filter(({ id }) => !vectors.value.has(id) && !unread.value.has(id)).length,
)

/** The model that made the vectors. */
let maker: Loaded | undefined

export async function look(subject: Subject, isCurrent: () => boolean): Promise<void> {
  const { loaded } = model.peek()!
  if (maker !== loaded) {
    maker = loaded
    batch(() => {
      vectors.value = new Map()
      unread.value = new Map()
      query.value = undefined
    })
  }
  const picture = camera.peek() ? undefined : chosen.peek()
  const known = picture && vectors.peek().get(picture.id)
  const vector = known ?? (await (await engine).embed(await subject.take()))
  if (!isCurrent() || maker !== loaded) return
  batch(() => {
    if (picture) keep(picture, vector)
    query.value = vector
  })
  await lookAtOthers(() => isCurrent() && maker === loaded)
  if (isCurrent() && picture) tellNearest(picture)
}

async function lookAtOthers(isCurrent: () => boolean): Promise<void> {
  for (const picture of pictures.peek()) {
    if (vectors.peek().has(picture.id) || unread.peek().has(picture.id)) continue
    try {
      const vector = await (await engine).embed(await picture.blob())
      if (!isCurrent()) return
      keep(picture, vector)
    } catch (error) {
      if (isEnded(error) || !isCurrent()) return
      unread.value = new Map(unread.peek()).set(picture.id, picture.name)
    }
  }
}

function keep({ id }: Shown, vector: Float32Array): void {
  vectors.value = new Map(vectors.peek()).set(id, vector)
}

function tellNearest(picture: Shown): void {
  const nearest = ranking.peek().find((one) => one.picture !== picture)
  if (nearest) {
    announce(
      `Most similar to ${picture.name}: ${nearest.picture.name}, ${similarityText(nearest.similarity)}`,
    )
  }
}

/** `0.78` */
export const similarityText = (similarity: number) => similarity.toFixed(2)

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!
  return sum
}
