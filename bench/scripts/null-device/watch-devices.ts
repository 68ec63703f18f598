import { findGpu } from '../../../src/backends/webgpu/gpu.ts'

// A page's own, or Dawn's without a GPU, whose prototypes are those of all of its instances.
const adapter = (await (await findGpu(['backend=null'])).requestAdapter())!
const probe = await adapter.requestDevice()
const encoder = probe.createCommandEncoder()
const pass = encoder.beginComputePass()
pass.end()

/** What is made on devices that are opened from now on, until the next call. */
export interface Watched {
  readonly devices: GPUDevice[]
  readonly lost: Set<GPUDevice>
  /** Buffers that were not destroyed. */
  readonly buffers: Set<GPUBuffer>
  readonly counts: Record<'dispatch' | 'submit' | 'group' | 'buffer' | 'pass', number>
}

const originals = {
  requestDevice: Object.getPrototypeOf(adapter).requestDevice,
  createBuffer: Object.getPrototypeOf(probe).createBuffer,
  createBindGroup: Object.getPrototypeOf(probe).createBindGroup,
  submit: Object.getPrototypeOf(probe.queue).submit,
  beginComputePass: Object.getPrototypeOf(encoder).beginComputePass,
  dispatchWorkgroups: Object.getPrototypeOf(pass).dispatchWorkgroups,
}
const buffer = probe.createBuffer({ size: 4, usage: 8 })
const bufferPrototype = Object.getPrototypeOf(buffer)
const { destroy } = bufferPrototype
probe.destroy()

/** Looks over the shoulder of every device; each call of WebGPU still does what it does. */
export function watchDevices(): Watched {
  const counts = { dispatch: 0, submit: 0, group: 0, buffer: 0, pass: 0 }
  const watched: Watched = { devices: [], lost: new Set(), buffers: new Set(), counts }
  Object.getPrototypeOf(adapter).requestDevice = async function (...args: unknown[]) {
    const device: GPUDevice = await originals.requestDevice.apply(this, args)
    watched.devices.push(device)
    device.lost.then(() => watched.lost.add(device))
    return device
  }
  Object.getPrototypeOf(probe).createBuffer = function (...args: unknown[]) {
    counts.buffer++
    const made = originals.createBuffer.apply(this, args)
    watched.buffers.add(made)
    return made
  }
  Object.getPrototypeOf(probe).createBindGroup = count('group', originals.createBindGroup)
  Object.getPrototypeOf(probe.queue).submit = count('submit', originals.submit)
  Object.getPrototypeOf(encoder).beginComputePass = count('pass', originals.beginComputePass)
  Object.getPrototypeOf(pass).dispatchWorkgroups = count('dispatch', originals.dispatchWorkgroups)
  bufferPrototype.destroy = function (this: GPUBuffer) {
    watched.buffers.delete(this)
    return destroy.apply(this)
  }
  return watched

  function count(what: keyof typeof counts, original: (...args: unknown[]) => unknown) {
    return function (this: unknown, ...args: unknown[]) {
      counts[what]++
      return original.apply(this, args)
    }
  }
}
