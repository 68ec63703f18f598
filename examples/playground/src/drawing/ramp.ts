/** From the least to the most, in OKLab lightness about evenly spaced. */
const stops = [
  [0.16, 0.01, -0.05],
  [0.36, -0.01, -0.1],
  [0.56, -0.08, -0.03],
  [0.78, 0.02, 0.13],
  [0.97, 0, 0.04],
] as const

/** 256 colours, `[256, 3]`, for values from 0 to 1. */
export const ramp: Uint8ClampedArray = makeRamp()

function makeRamp(): Uint8ClampedArray {
  const colours = new Uint8ClampedArray(256 * 3)
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1)
    const from = Math.min(Math.floor(at), stops.length - 2)
    const mix = (k: 0 | 1 | 2) =>
      stops[from]![k] + (stops[from + 1]![k] - stops[from]![k]) * (at - from)
    colours.set(fromOklab(mix(0), mix(1), mix(2)), i * 3)
  }
  return colours
}

/** OKLab to sRGB bytes (Ottosson 2020). */
function fromOklab(lightness: number, a: number, b: number): number[] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return linear.map((x) => 255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055))
}
