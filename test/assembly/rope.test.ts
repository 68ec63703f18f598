import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { rope } from '../../src/program/layers/rope.ts'
import { runnable } from '../backends/wasm/builds/runnable.ts'
import { gaussian } from '../random.ts'

// Each value is the sum of two products, so it is off by at most a rounding of each product and of the sum.
const ROUNDING = 2 ** -24

test('a rotated value is within its roundings of the float64 one; all others are unchanged', async () => {
  for (const build of runnable) {
    const backend = await createWasmBackend({ kernels: build.name })
    for (const [rows, heads, headWidth, from, more] of [
      [1, 1, 4, 0, 0],
      [9, 4, 12, 1, 0],
      [33, 3, 64, 5, 192],
      [7, 2, 20, 2, 3],
    ] as const) {
      const half = headWidth / 2
      const width = heads * headWidth
      const columns = width + more
      const net = new ProgramBuilder()
      const x = net.input('x', [rows, columns])
      const program = net.build({
        out: rope(net, 'rope', x, { table: 'angles', heads, from, width }),
      })
      const values = gaussian(rows, rows * columns)
      const table = new Float32Array((rows - from) * headWidth)
      for (let row = 0; row < rows - from; row++) {
        for (let j = 0; j < half; j++) {
          const angle = row / 100 ** (j / half)
          table[row * headWidth + j] = Math.sin(angle)
          table[row * headWidth + half + j] = Math.cos(angle)
        }
      }
      const model = backend.createModel(program.weights)
      model.write('angles', wholeRegion([rows - from, headWidth]), 0, table)
      const { out } = await model.compile(program).run({ x: values })
      model.dispose()
      values.forEach((value, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns]
        const what = `${build.name} ${heads} heads of ${headWidth}: [${row}, ${column}]`
        if (row < from || column >= width) {
          assert.is(out![i], value, what)
          return
        }
        const place = column % headWidth
        const angles = (row - from) * headWidth + (place % half)
        const straight = value * table[angles + half]!
        const across =
          place < half ? -values[i + half]! * table[angles]! : values[i - half]! * table[angles]!
        const error = Math.abs(out![i]! - (straight + across))
        assert.ok(
          error <= 2 * ROUNDING * (Math.abs(straight) + Math.abs(across)),
          `${what}: ${error}`,
        )
      })
    }
  }
})

test.run()
