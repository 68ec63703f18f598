// What a runtime must do with the built package, on threads: the same classes and the same bits from
// any number of them, one image at a time and several, an abort, and a disposal.

/**
 * What was found for each of the options.
 * @param load of the built package
 * @param image URL of a picture
 */
export async function tryThreads(load, image, choices) {
  const found = []
  for (const options of choices) {
    const vit = await load(undefined, options)
    if (vit.backend.threads.count !== options.threads) throw new Error(vit.backend.threads.reason)
    const pixels = await vit.pixels(image)
    const hashes = []
    for (let i = 0; i < 3; i++) {
      hashes.push(bits(await vit.logits(pixels)))
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    for (const logits of await Promise.all([1, 2, 3, 4].map(() => vit.logits(pixels))))
      hashes.push(bits(logits))
    const [[first], [second]] = await vit.classify([image, image], { topK: 1 })
    const ended = await vit
      .classify(image, { signal: AbortSignal.timeout(1) })
      .catch(({ name }) => name)
    const controller = new AbortController()
    const aborted = vit.logits(pixels, { signal: controller.signal }).catch(({ name }) => name)
    controller.abort()
    const running = vit.logits(pixels).catch(({ code }) => code)
    vit.dispose()
    found.push({
      options,
      hashes: [...new Set(hashes)],
      labels: [first.label, second.label],
      ended: Array.isArray(ended) ? 'done' : ended,
      aborted: await aborted,
      disposed: await running,
    })
  }
  return found
}

const bits = (logits) =>
  [...new Uint32Array(logits.buffer)].reduce((hash, x) => (Math.imul(hash, 31) + x) | 0, 7)
