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

test('of several numbers the one counts that joins most tensors', () => {
  const layers = [0, 1].map((i) => info(`txt/Bert_0/layers_${i}/norm/scale`))
  const units = [1, 2, 3].flatMap((unit) => [
    info(`block1/unit${unit}/gn1/scale`),
    info(`block1/unit${unit}/gn2/scale`),
    info(`block2/unit${unit}/gn1/scale`, [8]),
  ])
  assert.equal(
    groupTensors([...layers, ...units]).map(({ name, count }) => [name, count]),
    [
      ['txt/Bert_0/layers_{0-1}/norm/scale', 2],
      ['block1/unit{1-3}/gn1/scale', 3],
      ['block1/unit{1-3}/gn2/scale', 3],
      ['block2/unit{1-3}/gn1/scale', 3],
    ],
  )
})

test.run()
