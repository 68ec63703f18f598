// exp, tanh and GELU on four lanes. NaN stays NaN and infinities reach their limits: `pmin` and
// `pmax` keep their first operand where a comparison with NaN fails, so data goes first.
// Constants are loaded from memory: V8 12 and later would build a splatted constant anew, in three
// instructions, at every use.

@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

@inline
export function sum4(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

const EXP: usize = memory.data<f32>([
  -87.3, // below this the result would not be a normal number
  1.4426950408889634, // log2(e)
  12583039.0, // 1.5 * 2^23 + 127: adding it rounds to an integer that stands, biased, in the low bits
  -0.693359375, 2.12194440e-4, // -ln 2 in two parts
  // (exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2 (Cephes, expf)
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
  1.0,
], 16);

/** e^x for x <= 88, at least e^-87.3; relative error 1.2e-7. */
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmax(x, v128.load32_splat(EXP));
  const t = fma(x, v128.load32_splat(EXP, 4), v128.load32_splat(EXP, 8));
  const n = f32x4.sub(t, v128.load32_splat(EXP, 8));
  const r = fma(n, v128.load32_splat(EXP, 16), fma(n, v128.load32_splat(EXP, 12), x));
  let p = fma(v128.load32_splat(EXP, 20), r, v128.load32_splat(EXP, 24));
  p = fma(p, r, v128.load32_splat(EXP, 28));
  p = fma(p, r, v128.load32_splat(EXP, 32));
  p = fma(p, r, v128.load32_splat(EXP, 36));
  p = fma(p, r, v128.load32_splat(EXP, 40));
  p = f32x4.add(fma(p, f32x4.mul(r, r), r), v128.load32_splat(EXP, 44));
  return f32x4.mul(p, i32x4.shl(t, 23));
}

const GELU: usize = memory.data<f32>([
  0.0, 1.0,
  13.0, // beyond this |x| both forms are 0 or x in f32
  -0.5,
  // erfc(a / sqrt 2) / 2 = t (q0 + q1 t + ... + q7 t^7) exp(-a^2 / 2), t = 1 / (1 + 0.3 a): a minimax
  // fit of relative error 1.2e-7 on [0, 13.2], from q7 down
  0.3,
  0.03608882702383301, -0.15893368825549914, 0.20934633062874194, -0.05645005336276002,
  0.13003260256938004, 0.09946506646492721, 0.12082631456263544, 0.11962454091528894,
  // -2 sqrt(2 / pi) (1, 0.044715)
  -1.5957691216057308, -0.07135481627260025,
], 16);

// Both forms are x P(x) with a P that goes from 0 to 1. Written as max(x, 0) - |x| P(-|x|) nothing
// cancels, so the small results on the negative side are as exact as the others.

/** x (1 + erf(x / sqrt 2)) / 2; relative error 5e-6 in the far negative tail, 5e-7 elsewhere. */
@inline
export function geluErf4(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), v128.load32_splat(GELU, 8));
  const t = f32x4.div(v128.load32_splat(GELU, 4), fma(a, v128.load32_splat(GELU, 16), v128.load32_splat(GELU, 4)));
  let q = fma(v128.load32_splat(GELU, 20), t, v128.load32_splat(GELU, 24));
  q = fma(q, t, v128.load32_splat(GELU, 28));
  q = fma(q, t, v128.load32_splat(GELU, 32));
  q = fma(q, t, v128.load32_splat(GELU, 36));
  q = fma(q, t, v128.load32_splat(GELU, 40));
  q = fma(q, t, v128.load32_splat(GELU, 44));
  q = fma(q, t, v128.load32_splat(GELU, 48));
  const density = exp4(f32x4.mul(f32x4.mul(a, a), v128.load32_splat(GELU, 12)));
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(a, t), q), density);
  return f32x4.sub(f32x4.pmax(x, v128.load32_splat(GELU)), tail);
}

/** x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3); relative error 1e-5 in the far negative tail. */
@inline
export function geluTanh4(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), v128.load32_splat(GELU, 8));
  const slope = fma(f32x4.mul(a, a), v128.load32_splat(GELU, 56), v128.load32_splat(GELU, 52));
  const e = exp4(f32x4.mul(a, slope));
  const tail = f32x4.div(f32x4.mul(a, e), f32x4.add(e, v128.load32_splat(GELU, 4)));
  return f32x4.sub(f32x4.pmax(x, v128.load32_splat(GELU)), tail);
}

// GELU is max(x, 0) - h(|x|) with a bump h that is 0 at both ends, which is near a polynomial without
// constant term: from degree 10 down, and the |x| beyond which it counts as 0.
export const NEAR_ERF: usize = memory.data<f32>([
  -0.0000140227439, 0.000329041039, -0.00318668666, 0.0159675293, -0.0407646559,
  0.0342061333, 0.0454194583, 0.00599679491, -0.399199486, 0.499891341, 4.4, 0.0,
], 16);
export const NEAR_TANH: usize = memory.data<f32>([
  -0.000012716343, 0.000297476421, -0.00286665116, 0.0142095974, -0.0351372771,
  0.0237057619, 0.0562574565, 0.000348593167, -0.397781283, 0.499778748, 4.4, 0.0,
], 16);

/**
 * GELU for values that are quantised next; absolute error 7e-5, where a step of 12 bits is ten times
 * that for most rows. A third of the instructions of the others.
 * @param table NEAR_ERF or NEAR_TANH
 */
@inline
export function geluNear4(x: v128, table: usize): v128 {
  const a = f32x4.pmin(f32x4.abs(x), v128.load32_splat(table, 40));
  let p = fma(v128.load32_splat(table), a, v128.load32_splat(table, 4));
  p = fma(p, a, v128.load32_splat(table, 8));
  p = fma(p, a, v128.load32_splat(table, 12));
  p = fma(p, a, v128.load32_splat(table, 16));
  p = fma(p, a, v128.load32_splat(table, 20));
  p = fma(p, a, v128.load32_splat(table, 24));
  p = fma(p, a, v128.load32_splat(table, 28));
  p = fma(p, a, v128.load32_splat(table, 32));
  p = fma(p, a, v128.load32_splat(table, 36));
  return f32x4.sub(f32x4.pmax(x, v128.load32_splat(table, 44)), f32x4.mul(p, a));
}

const TANH: usize = memory.data<f32>([
  9.5, // beyond this |x| tanh is 1 in f32
  -2.0, 1.0,
], 16);

/** tanh x; absolute error 1.2e-7. */
@inline
export function tanh4(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const a = f32x4.pmin(f32x4.abs(x), v128.load32_splat(TANH));
  const e = exp4(f32x4.mul(a, v128.load32_splat(TANH, 4)));
  const one = v128.load32_splat(TANH, 8);
  return v128.or(sign, f32x4.div(f32x4.sub(one, e), f32x4.add(one, e)));
}
