/** A linear classifier of features: what a model's head is. All zeros at first, as the release begins. */
export class LinearHead {
  /** The names of its classes, in the order of the logits. */
  readonly labels: readonly string[]
  /** Length of a feature. */
  readonly width: number
  /** `[width, classes]` */
  readonly kernel: Float32Array
  /** `[classes]` */
  readonly bias: Float32Array

  constructor(labels: readonly string[], width: number) {
    this.labels = labels
    this.width = width
    this.kernel = new Float32Array(width * labels.length)
    this.bias = new Float32Array(labels.length)
  }

  /**
   * @param feature `[width]`
   * @param out `[classes]`
   */
  logits(feature: Float32Array, out = new Float32Array(this.labels.length)): Float32Array {
    const { width, kernel } = this
    const classes = this.labels.length
    out.set(this.bias)
    for (let i = 0, at = 0; i < width; i++) {
      const value = feature[i]!
      for (let c = 0; c < classes; c++) out[c]! += value * kernel[at++]!
    }
    return out
  }
}

/** The gradient of a head, summed over features. */
export class HeadGradient {
  readonly kernel: Float32Array
  readonly bias: Float32Array

  constructor({ kernel, bias }: LinearHead) {
    this.kernel = new Float32Array(kernel.length)
    this.bias = new Float32Array(bias.length)
  }

  /**
   * Adds what one feature gives.
   * @param slopes of the loss by its logits, `[classes]`
   */
  add(feature: Float32Array, slopes: Float32Array): void {
    const { kernel, bias } = this
    const classes = bias.length
    for (let c = 0; c < classes; c++) bias[c]! += slopes[c]!
    for (let i = 0, at = 0; i < feature.length; i++) {
      const value = feature[i]!
      for (let c = 0; c < classes; c++) kernel[at++]! += value * slopes[c]!
    }
  }

  clear(): void {
    this.kernel.fill(0)
    this.bias.fill(0)
  }
}
