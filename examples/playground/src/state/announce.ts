import { signal } from '@preact/signals'

/** What screen readers say when something has changed that is only seen. */
export const announcement = signal('')

export function announce(text: string): void {
  announcement.value = text
}
