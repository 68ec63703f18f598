/**
 * Generates softmax, tanh, GELU and its kin over the columns of a panel from formulas.
 *
 * A formula is a list of steps `[name, expression]` for one vector. `$name` is the vector of an earlier
 * step (`$x` is the input), `%name` a constant, and `@name` a constant of the table that a function is given. The
 * generated code interleaves all vectors of a row. So
 * a constant is loaded once per row where it is used, independent chains hide each other's latency, and V8
 * can fuse neighbours to 256 bits. V8 fuses two loads only if no other load lies between them, which is why
 * a row is loaded first and stored last.
 *
 * Constants are loaded from memory, because V8 12 and later rematerialises a splatted constant in three
 * instructions at every use. NaN stays NaN and infinities reach their limits: `pmin` and `pmax` return
 * their first operand when a comparison with NaN fails, so data is the first operand.
 */
import { lines, range } from './gemm/templates/parts.mjs'

export const constants = {
  zero: 0,
  one: 1,
  // exp: below `least` the result would not be a normal number; adding `round` (1.5 * 2^23 + 127) rounds
  // to an integer and leaves it, biased, in the low bits; -ln 2 is split into two parts; e0 to e5 are
  // (exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2 (Cephes, expf).
  least: -87.3,
  log2e: Math.LOG2E,
  round: 12583039.0,
  ln2High: -0.693359375,
  ln2Low: 2.1219444e-4,
  e0: 1.98756915e-4,
  e1: 1.3981999507e-3,
  e2: 8.3334519073e-3,
  e3: 4.1665795894e-2,
  e4: 1.6666665459e-1,
  e5: 5.0000001201e-1,
  // GELU: beyond `far` both forms are 0 or x in f32. erfc(a / sqrt 2) / 2 is
  // t (q0 + q1 t + ... + q7 t^7) exp(-a^2 / 2) with t = 1 / (1 + 0.3 a): a minimax fit of relative error
  // 1.2e-7 on [0, 13.2].
  far: 13,
  minusHalf: -0.5,
  stretch: 0.3,
  q7: 0.03608882702383301,
  q6: -0.15893368825549914,
  q5: 0.20934633062874194,
  q4: -0.05645005336276002,
  q3: 0.13003260256938004,
  q2: 0.09946506646492721,
  q1: 0.12082631456263544,
  q0: 0.11962454091528894,
  // tanh: beyond `flat` it is 1 in f32.
  flat: 9.5,
  minusTwo: -2,
}

// GELU is max(x, 0) - h(|x|), where h is 0 at both ends. These approximate h by a polynomial without constant
// term, from degree 10 down; the next entry is the |x| beyond which h counts as 0.
const near = {
  NEAR_ERF: [
    -0.0000140227439, 0.000329041039, -0.00318668666, 0.0159675293, -0.0407646559, 0.0342061333,
    0.0454194583, 0.00599679491, -0.399199486, 0.499891341, 4.4, 0,
  ],
  NEAR_TANH: [
    -0.000012716343, 0.000297476421, -0.00286665116, 0.0142095974, -0.0351372771, 0.0237057619,
    0.0562574565, 0.000348593167, -0.397781283, 0.499778748, 4.4, 0,
  ],
}
/**
 * What is x sigmoid(-u), u = linear x + cubic x^3, in the order of tape.ts: the tanh form of GELU, whose factors are
 * -2 sqrt(2 / pi) (1, 0.044715), quick GELU and SiLU. Beyond `end` a result is 0 or x in f32; `cubic3` is 3 cubic.
 */
const sigmoids = [
  [13, -1.5957691216057308, -0.07135481627260025],
  [88, -1.702, 0],
  [88, -1, 0],
].map(([end, linear, cubic]) => [end, linear, cubic, 3 * cubic])
export const sigmoidNames = ['end', 'linear', 'cubic', 'cubic3']

const nearNames = ['h10', 'h9', 'h8', 'h7', 'h6', 'h5', 'h4', 'h3', 'h2', 'h1', 'far', 'zero']

export const horner = (polynomial, variable, names) =>
  names.map((name) => [polynomial, `fma($${polynomial}, $${variable}, %${name})`])

/** e^x for x <= 88, at least e^-87.3; relative error 1.2e-7. */
export const exp = (result, x) => [
  ['r', `f32x4.pmax(${x}, %least)`],
  ['t', 'fma($r, %log2e, %round)'],
  ['n', 'f32x4.sub($t, %round)'],
  ['r', 'fma($n, %ln2High, $r)'],
  ['r', 'fma($n, %ln2Low, $r)'],
  ['e', 'fma(%e0, $r, %e1)'],
  ...horner('e', 'r', ['e2', 'e3', 'e4', 'e5']),
  ['e', 'f32x4.add(fma($e, f32x4.mul($r, $r), $r), %one)'],
  [result, 'f32x4.mul($e, i32x4.shl($t, 23))'],
]

// Both forms of GELU are x P(x), where P rises from 0 to 1. Computed as max(x, 0) - |x| P(-|x|), nothing
// cancels, so small results on the negative side are as accurate as the others.

/** x (1 + erf(x / sqrt 2)) / 2; relative error 5e-6 in the far negative tail, 5e-7 elsewhere. */
const geluErf = [
  ['a', 'f32x4.pmin(f32x4.abs($x), %far)'],
  ['u', 'f32x4.div(%one, fma($a, %stretch, %one))'],
  ['q', 'fma(%q7, $u, %q6)'],
  ...horner('q', 'u', ['q5', 'q4', 'q3', 'q2', 'q1', 'q0']),
  ...exp('d', 'f32x4.mul(f32x4.mul($a, $a), %minusHalf)'),
  ['y', 'f32x4.sub(f32x4.pmax($x, %zero), f32x4.mul(f32x4.mul(f32x4.mul($a, $u), $q), $d))'],
]

/** x times a sigmoid; relative error 1e-5 in the far negative tail, of SiLU 5e-7. */
const sigmoid = [
  ['a', 'f32x4.pmin(f32x4.abs($x), @end)'],
  ...exp('d', 'f32x4.mul($a, fma(f32x4.mul($a, $a), @cubic, @linear))'),
  ['y', 'f32x4.sub(f32x4.pmax($x, %zero), f32x4.div(f32x4.mul($a, $d), f32x4.add($d, %one)))'],
]

/**
 * GELU for values that are quantised next. Its absolute error is 7e-5; a 12-bit quantisation step is ten
 * times that for most rows. It takes a third of the instructions of the exact forms.
 */
const geluNear = [
  ['a', 'f32x4.pmin(f32x4.abs($x), %far)'],
  ['h', 'fma(%h10, $a, %h9)'],
  ...horner('h', 'a', ['h8', 'h7', 'h6', 'h5', 'h4', 'h3', 'h2', 'h1']),
  ['y', 'f32x4.sub(f32x4.pmax($x, %zero), f32x4.mul($h, $a))'],
]

/** tanh x; absolute error 1.2e-7. */
const tanh = [
  ['a', 'f32x4.pmin(f32x4.abs($x), %flat)'],
  ...exp('d', 'f32x4.mul($a, %minusTwo)'),
  ['s', 'v128.and($x, i32x4.splat(0x80000000))'],
  ['y', 'v128.or($s, f32x4.div(f32x4.sub(%one, $d), f32x4.add(%one, $d)))'],
]

/** The generated module for panels of `columns` columns. */
export function pointwise(columns) {
  const vectors = range(columns / 4)
  return `// Generated by assembly/pointwise.mjs.
import { fma } from "./math";

const CONSTANTS: usize = memory.data<f32>([${Object.values(constants).join(', ')}], 16);
${Object.entries(near)
  .map(
    ([name, values]) =>
      `export const ${name}: usize = memory.data<f32>([${values.join(', ')}], 16);`,
  )
  .join('\n')}
export const SIGMOIDS: usize = memory.data<f32>([${sigmoids.flat().join(', ')}], 16);

${rowByPairs(columns, 'rowGeluErf', geluErf)}
/** @param table one of SIGMOIDS */
${rowByPairs(columns, 'rowSigmoid', sigmoid, { table: sigmoidNames })}
/** @param table NEAR_ERF or NEAR_TANH */
${row('rowGeluNear', geluNear, 'table', nearNames)}
${rowByPairs(columns, 'rowTanh', tanh)}
/**
 * Replaces each column of s [rows][${columns}] by exp(x - max), and stores 1 / sum to \`inverse\`. The product
 * that follows is linear, so scaling its outputs is cheaper than dividing every weight.
 */
export function softmaxColumns(s: usize, rows: i32, inverse: usize): void {
  const end = s + <usize>rows * ${4 * columns};
${lines(
  2,
  vectors.map((j) => `let m${j} = v128.load(s, ${16 * j}), s${j} = f32x4.splat(0);`),
)}
  for (let p = s + ${4 * columns}; p < end; p += ${4 * columns}) {
${lines(
  4,
  vectors.map((j) => `m${j} = f32x4.pmax(m${j}, v128.load(p, ${16 * j}));`),
)}
  }
  for (let p = s; p < end; p += ${4 * columns}) {
${lines(
  4,
  vectors.map((j) => `const x${j} = f32x4.sub(v128.load(p, ${16 * j}), m${j});`),
)}
${lines(4, written(exp('y', '$x'), vectors))}
${lines(
  4,
  vectors.map((j) => `v128.store(p, y${j}, ${16 * j});`),
)}
${lines(
  4,
  vectors.map((j) => `s${j} = f32x4.add(s${j}, y${j});`),
)}
  }
${lines(
  2,
  vectors.map((j) => `v128.store(inverse, f32x4.div(f32x4.splat(1), s${j}), ${16 * j});`),
)}
}
`

  /** Interleaves all vectors of a row: for short formulas, whose constants fit in registers. */
  function row(name, formula, table, names) {
    return `export function ${name}(c: usize, ${table}: usize): void {
${lines(
  2,
  vectors.map((j) => `const x${j} = v128.load(c, ${16 * j});`),
)}
${lines(2, written(formula, vectors, table, names))}
${lines(
  2,
  vectors.map((j) => `v128.store(c, y${j}, ${16 * j});`),
)}
}
`
  }
}

/**
 * Two vectors per iteration, for formulas with many constants. The next two are loaded at the end of an
 * iteration, where no other load comes between; the last iteration loads past the row without using it.
 * @param names of the constants, and of those of the function's table, if it has one
 */
export function rowByPairs(columns, name, formula, { names = Object.keys(constants), table } = {}) {
  return `export function ${name}(c: usize${table ? ', table: usize' : ''}): void {
  let x0 = v128.load(c), x1 = v128.load(c, 16);
  for (const end = c + ${4 * columns}; c < end; c += 32) {
${lines(4, written(formula, [0, 1], 'CONSTANTS', names, table))}
    v128.store(c, y0);
    v128.store(c, y1, 16);
    x0 = v128.load(c, 32);
    x1 = v128.load(c, 48);
  }
}
`
}

/**
 * The code of a formula: for each step, its constants, then the expression for every vector.
 * @param constantsAt where the constants `names` lie; those of `own` lie at `table`
 */
export function written(
  formula,
  vectors,
  constantsAt = 'CONSTANTS',
  names = Object.keys(constants),
  own = [],
) {
  const known = new Set()
  return formula.flatMap(([name, expression], step) => {
    const declare = known.has(name) ? '' : 'let '
    known.add(name)
    const used = [...new Set(expression.match(/[%@]\w+/g))]
    const place = (constant) => `k${step}_${constant}`
    const text = (j) =>
      expression
        .replace(/\$(\w+)/g, (_, vector) => `${vector}${j}`)
        .replace(/[%@](\w+)/g, (_, constant) => place(constant))
    return [
      ...used.map((constant) => {
        const name = constant.slice(1)
        const [at, list] = constant[0] === '%' ? [constantsAt, names] : ['table', own]
        return `const ${place(name)} = v128.load32_splat(${at}, ${4 * list.indexOf(name)});`
      }),
      ...vectors.map((j) => `${declare}${name}${j} = ${text(j)};`),
    ]
  })
}
