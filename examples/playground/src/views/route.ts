import { signal } from '@preact/signals'
import { views } from './index.ts'
import type { View } from './view.ts'

const current = (): View => views.find(({ id }) => `#${id}` === location.hash) ?? views[0]!

/** The view that the page's address names. */
export const view = signal(current())

addEventListener('hashchange', () => {
  view.value = current()
})
