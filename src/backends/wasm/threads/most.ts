/** The most threads that compute for a model. */
export const MOST_THREADS = 64
