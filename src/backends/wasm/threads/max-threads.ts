/** The most threads per model. */
export const MAX_THREADS = 64
