import { createWasmTrainingBackend } from '../../../../src/backends/wasm/training/backend.ts'
import { runnable as all } from '../builds/runnable.ts'

/** Every build for training that this engine runs. */
export const runnable = all.filter(({ name }) => /^(simd8|relaxed8|relaxed16)$/.test(name))

/** A backend of one of them. */
export const trainingBackend = (build: (typeof runnable)[number], threads = 1) =>
  createWasmTrainingBackend({ kernels: build.name, threads })
