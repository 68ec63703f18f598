import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupTensors } from '../../../src/cli/view/tensor-groups.ts'

const info = (name: string, shape: number[] = [4]) => ({ name, dtype: 'f32' as const, shape })

test('equal tensors of all blocks become one group, in order of first appearance', () => {
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

test.run()
