/** The most threads that compute for a model. */
export const MAX_THREADS = 64
