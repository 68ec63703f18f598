import { load } from '../../../src/load.ts'

/** Loads a model by the text that names it, in a page, and classifies a picture by another text. */
async function classify(model: string, picture: string) {
  const vit = await load(model, { dtype: 'int8', threads: 1 })
  try {
    const [top] = await vit.classify(picture)
    return top!.label
  } finally {
    vit.dispose()
  }
}

/** What a text is taken for, by the error. */
async function errorOf(model: string): Promise<string> {
  try {
    const vit = await load(model)
    vit.dispose()
    return 'loaded'
  } catch (error) {
    return `${(error as { code?: string }).code} ${(error as Error).message}`
  }
}

/** The requests that were made for a file, by its name. */
const requestsFor = (name: string) =>
  performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith(name)).length

const page = { classify, errorOf, requestsFor }
Object.assign(globalThis, { page })
export type Page = typeof page
