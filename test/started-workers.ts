// Counts the workers that the code of a page or of its worker starts, from when this is imported.

let started = 0
const { Worker } = globalThis
globalThis.Worker = class extends Worker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options)
    started++
  }
}

/** How many so far. */
export const startedWorkers = (): number => started
