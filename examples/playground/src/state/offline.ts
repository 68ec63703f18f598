import { signal } from '@preact/signals'

/** Whether the page works without a connection from now on. */
export const worksOffline = signal(false)

/** Lets a service worker keep the page's files. What the page has loaded by now it takes from the browser's cache. */
export async function keepPage(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  try {
    await navigator.serviceWorker.register('./service-worker.js')
    await navigator.serviceWorker.ready
    worksOffline.value = true
  } catch (error) {
    // A page without a service worker works, but needs its server.
    console.info(`The page isn't kept for use offline: ${(error as Error).message}`)
  }
}
