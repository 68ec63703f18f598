// The logits of int16 have the same bits in every runtime, on kernels of either width, chosen by the
// machine or named, and on any number of threads. Runs wherever the built package does.

/** An image of noise: 224 x 224, three channels, from -1 to 1, the same everywhere. */
function noise() {
  let state = 1
  return Float32Array.from({ length: 224 * 224 * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2 ** 31
  })
}

/**
 * SHA-256 of the embedded model's logits, for each choice of kernels and number of threads.
 * @param load of the built package
 * @param threads the numbers of threads; two can't be had everywhere
 * @param names of kernels; undefined for the machine's choice
 * @param source makes what `load` takes; the embedded model's file
 */
export async function hashInt16(
  load,
  { threads = [1, 2], kernels = [undefined, 'simd8', 'simd16'], source = () => undefined } = {},
) {
  const pixels = noise()
  const found = []
  for (const count of threads) {
    for (const name of kernels) {
      const vit = await load(await source(), { dtype: 'int16', kernels: name, threads: count })
      const hashes = new Set()
      // First on the caller's thread, then on workers, when they are there.
      for (let run = 0; run < count; run++) {
        if (run > 0) await new Promise((resolve) => setTimeout(resolve, 300))
        hashes.add(await sha256(await vit.logits(pixels)))
      }
      found.push({ kernels: name, threads: vit.backend.threads.count, hashes: [...hashes] })
      vit.dispose()
    }
  }
  return found
}

async function sha256(logits) {
  const digest = await crypto.subtle.digest('SHA-256', logits)
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
