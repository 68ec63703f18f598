import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupTensors } from '../../src/cli/tensor-groups.ts'
import { formatBytes } from '../../src/cli/terminal.ts'
import { fitColumns } from '../../src/cli/text-width.ts'
import { variants } from '../../src/models/variants.ts'
import { parseLines, run } from './run.ts'

test('variants: the table, with counts that come from the programs', async () => {
  const json = await run(['variants', '--json'])
  const [rows] = parseLines(json.stdout)
  assert.equal(
    rows.map(({ name, parameters }: { name: string; parameters: number }) => [name, parameters]),
    variants.map(({ name, parameters }) => [name, parameters]),
  )
  const base = rows.find(({ name }: { name: string }) => name === 'ViT-B_16')
  // 12 blocks on 197 tokens: 12 D² multiply-adds a token for the matrices, 2 N D for attention.
  const block = 197 * (12 * 768 ** 2 + 2 * 197 * 768)
  const products = 12 * block + 196 * 768 ** 2 + 768 * 1000
  assert.is(base.gflops, Math.round((2 * products) / 1e7) / 100)
  const { stdout } = await run(['variants'])
  assert.is(stdout.trimEnd().split('\n').length, variants.length + 1)
  assert.match(stdout, /^name +width +depth/)
})

test('doctor: what is here, which kernels, how fast', async () => {
  const { code, stdout } = await run(['doctor', '--json'], { env: { VITRINE_WIDE: '0' } })
  assert.is(code, 0)
  const [{ runtime, webassembly, kernels, machine }] = parseLines(stdout)
  assert.is(runtime.version, process.versions.node)
  assert.is(webassembly.simd, true)
  assert.match(kernels.build, /^(simd|relaxed)(8|16)$/)
  assert.ok(kernels.speed.gflops > 0)
  assert.ok(machine.memory > machine.freeMemory)
})

const info = (name: string, shape: number[] = [4]) => ({ name, dtype: 'f32' as const, shape })

test('equal tensors of all blocks become one line, in the order of their first', () => {
  const groups = groupTensors([
    info('cls'),
    info('blocks.0.norm1.weight'),
    info('blocks.10.norm1.weight'),
    info('blocks.1.norm1.weight'),
    info('blocks.1.norm2.weight'),
    info('blocks.2.norm1.weight', [8]),
  ])
  assert.equal(
    groups.map(({ name, count }) => [name, count]),
    [
      ['cls', 1],
      ['blocks.{0-1,10}.norm1.weight', 3],
      ['blocks.1.norm2.weight', 1],
      ['blocks.2.norm1.weight', 1],
    ],
  )
})

test('text is cut or filled to its columns; bytes have a unit', () => {
  assert.is(fitColumns('cat', 5), 'cat  ')
  assert.is(fitColumns('Egyptian cat', 5), 'Egyp…')
  assert.equal([0, 999, 1000, 22_938_582].map(formatBytes), ['0 B', '999 B', '1.0 kB', '22.9 MB'])
})

test.run()
