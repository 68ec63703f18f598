import { zeroInputs } from '../../../src/backends/inputs.ts'
import { arrange } from '../../../src/backends/webgpu/arena.ts'
import type { Device } from '../../../src/backends/webgpu/device.ts'
import { lower } from '../../../src/backends/webgpu/lower/lower.ts'
import type { Dispatch, Operand } from '../../../src/backends/webgpu/lower/step.ts'
import { bind, type Command, timer } from '../../../src/backends/webgpu/measure.ts'
import { openPlacers, WeightStore } from '../../../src/backends/webgpu/store.ts'
import type { GemmShape } from '../../../src/backends/webgpu/tiles.ts'
import { Usage } from '../../../src/backends/webgpu/usage.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { variantConfig } from '../../../src/families/vit/variants.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import type { Program } from '../../../src/program/program.ts'
import { median } from '../../report/statistics.ts'

/** Dispatches of one kernel with the same parameters: what repeats in every block. */
interface Group {
  readonly name: string
  readonly command: Command
  count: number
}

/**
 * Prints where the time of a forward goes. Each kernel is repeated on its own, a forward is repeated as a whole, and then
 * it is called: the differences are the gaps between dispatches, and what happens outside of the GPU. All values are zero.
 */
export async function printSteps(
  device: Device,
  dtype: 'f32' | 'f16',
  model: string,
  images: number,
): Promise<void> {
  const all = withOutputs(vitProgram(variantConfig(model)), ['logits'])
  const program = withoutUnusedRows(all)
  const { commands, groups, destroy } = await record(device, dtype, program, images)
  const whole = await best(device, commands)
  const lines: { line: string; time: number }[] = []
  let sum = 0
  for (const { name, command, count } of groups.values()) {
    const time = await best(device, [command])
    sum += count * time
    const share = `${((100 * count * time) / whole).toFixed(1)} %`.padStart(7)
    const each = `${(1000 * time).toFixed(1)} us`.padStart(11)
    lines.push({
      line: `${share}${String(count).padStart(4)} x${each}  ${name}`,
      time: count * time,
    })
  }
  destroy()
  const called = await callTime(device, dtype, program, images)
  console.log(
    `${model}, batch ${images}: called ${called.toFixed(2)} ms, on the GPU ${whole.toFixed(2)} ms, its ${commands.length} kernels alone ${sum.toFixed(2)} ms`,
  )
  for (const { line } of lines.sort((a, b) => b.time - a.time)) console.log(line)
}

async function best(device: Device, commands: readonly Command[]): Promise<number> {
  const time = timer(device, commands)
  return Math.min(await time(), await time(), await time())
}

/** The median time of a call, pixels in and logits out. */
async function callTime(device: Device, dtype: 'f32' | 'f16', program: Program, images: number) {
  const backend = await createWebgpuBackend({ dtype }, device)
  const model = backend.createModel(program.weights)
  const executable = model.compile(program, { images })
  const inputs = zeroInputs(program, images)
  const times: number[] = []
  for (let i = 0; i < 30; i++) {
    const start = performance.now()
    await executable.run(inputs)
    if (i >= 10) times.push(performance.now() - start)
  }
  model.dispose()
  return median(times)
}

async function record(device: Device, dtype: 'f32' | 'f16', program: Program, images: number) {
  const { gpu, pipelines, subgroups, isSoftware, tuning } = device
  const chooseTile = (shape: GemmShape) => tuning.tile(shape)
  const lowered = lower(program, { kernels: dtype, subgroups, slices: !isSoftware, chooseTile })
  const dispatches = () => lowered.steps.map((step) => step.for(images))
  await tuning.learn(dispatches().flatMap(({ gemm }) => gemm ?? []))
  const store = new WeightStore(
    { device, placers: await openPlacers(device, dtype) },
    program.weights,
    dtype,
  )
  const arena = arrange(program, lowered)
  const values = arena.buffers.map((bytes) =>
    gpu.createBuffer({ size: images * bytes, usage: Usage.Storage }),
  )
  const params: GPUBuffer[] = []
  const bufferOf = (operand: Operand) =>
    'weight' in operand ? store.buffer(operand.weight) : values[arena.places.get(operand.value)!]!
  const toCommand = async (dispatch: Dispatch, operands: readonly Operand[]): Promise<Command> => {
    const { kernel, workgroups } = dispatch
    const uniform = gpu.createBuffer({ size: 64, usage: Usage.Uniform | Usage.CopyTarget })
    gpu.queue.writeBuffer(uniform, 0, Uint32Array.from(dispatch.params))
    params.push(uniform)
    const group = bind(device, kernel, [...operands.map(bufferOf), uniform])
    return { pipeline: await pipelines.get(kernel), group, workgroups }
  }
  const groups = new Map<string, Group>()
  const commands: Command[] = []
  for (const [i, dispatch] of dispatches().entries()) {
    const command = await toCommand(dispatch, lowered.steps[i]!.operands)
    commands.push(command)
    const { kernel, workgroups, params } = dispatch
    const name = `${kernel.name}, ${workgroups.join(' x ')} workgroups`
    const key = `${name} ${params}`
    const group = groups.get(key)
    if (group) group.count++
    else groups.set(key, { name, command, count: 1 })
  }
  const destroy = () => {
    for (const buffer of [...values, ...params]) buffer.destroy()
    store.destroy()
  }
  return { commands, groups, destroy }
}
