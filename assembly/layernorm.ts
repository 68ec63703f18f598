import { fma, sum4 } from "./math";

/**
 * (x - mean) / sqrt(variance + eps) * scale + bias for one row of `columns`. The variance is computed from
 * the differences in a second pass, so nearly constant rows keep their precision. Four independent sums
 * hide the latency of additions.
 * @param rms whether 0 is taken for the mean, which makes an RMS norm
 */
export function layerNormRow(x: usize, y: usize, scale: usize, bias: usize, columns: i32, eps: f32, rms: bool): void {
  const end = x + <usize>columns * 4;
  const end16 = x + <usize>(columns & ~15) * 4;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let p = x;
  for (; p < end16; p += 64) {
    s0 = f32x4.add(s0, v128.load(p));
    s1 = f32x4.add(s1, v128.load(p, 16));
    s2 = f32x4.add(s2, v128.load(p, 32));
    s3 = f32x4.add(s3, v128.load(p, 48));
  }
  let sum = sum4(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; p < end; p += 4) sum += f32.load(p);
  const mean: f32 = rms ? 0 : sum / <f32>columns;

  const m = f32x4.splat(mean);
  s0 = f32x4.splat(0); s1 = s0; s2 = s0; s3 = s0;
  for (p = x; p < end16; p += 64) {
    const d0 = f32x4.sub(v128.load(p), m), d1 = f32x4.sub(v128.load(p, 16), m);
    const d2 = f32x4.sub(v128.load(p, 32), m), d3 = f32x4.sub(v128.load(p, 48), m);
    s0 = fma(d0, d0, s0);
    s1 = fma(d1, d1, s1);
    s2 = fma(d2, d2, s2);
    s3 = fma(d3, d3, s3);
  }
  sum = sum4(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; p < end; p += 4) { const d = f32.load(p) - mean; sum += d * d; }
  const inverse: f32 = 1.0 / sqrt<f32>(sum / <f32>columns + eps);

  const factor = f32x4.splat(inverse);
  for (p = x; p < end16; p += 32) {
    v128.store(y, fma(f32x4.mul(f32x4.sub(v128.load(p), m), factor), v128.load(scale), v128.load(bias)));
    v128.store(y, fma(f32x4.mul(f32x4.sub(v128.load(p, 16), m), factor), v128.load(scale, 16), v128.load(bias, 16)), 16);
    scale += 32; bias += 32; y += 32;
  }
  for (; p < end; p += 4) {
    f32.store(y, (f32.load(p) - mean) * inverse * f32.load(scale) + f32.load(bias));
    scale += 4; bias += 4; y += 4;
  }
}
