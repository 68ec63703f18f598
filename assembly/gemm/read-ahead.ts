// Reading ahead. WebAssembly has no prefetch, and processors stop theirs at the end of a page. So the unrolled loops of
// the kernels load a byte of the next panel in every turn, and drop it: the panel then lies in the cache when its turn
// comes. Globals, since two more parameters of every kernel would be passed through memory.

/** The next byte to load. */
export let ahead: usize = 0;
/** Bytes to the one after it; 0 reads nothing ahead. */
export let pace: usize = 0;

@inline
export function readAhead(from: usize, step: usize): void {
  ahead = from;
  pace = step;
}
