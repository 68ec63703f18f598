import { platform } from '#platform'
import { ArgumentError, UnsupportedError } from '../../../errors.ts'
import { isTrainingFile, type TrainingFile, trainingFile } from '../../../inlined/training-files.ts'
import type { Build } from '../builds/builds.ts'
import { type CompileOptions, compile, marked } from '../builds/kernels.ts'

const compiled = new Map<string, Promise<WebAssembly.Module>>()

/**
 * The compiled kernels for training of an instruction set and panel width; each is compiled once per process.
 * @throws ArgumentError for a build that training does not have; UnsupportedError where nothing is compiled from bytes
 */
export async function compileTrainingBuild(
  build: Build,
  { shared = false, fused = false }: CompileOptions = {},
): Promise<WebAssembly.Module> {
  if (platform.name === 'edge') {
    throw new UnsupportedError(
      'An edge runtime does not train: it compiles no kernels while it runs. Train in Node or in a browser.',
    )
  }
  const name = shared ? `${build.name}-threads` : build.name
  if (!isTrainingFile(name)) {
    throw new ArgumentError(
      `The kernels ${build.name} are not for training; simd8, relaxed8 and relaxed16 are.`,
    )
  }
  const key = `${name} ${fused}`
  let module = compiled.get(key)
  if (!module) {
    module = load(name, fused)
    compiled.set(key, module)
    module.catch(() => compiled.delete(key))
  }
  return module
}

async function load(name: TrainingFile, fused: boolean): Promise<WebAssembly.Module> {
  const file = await trainingFile(name)
  return compile(fused ? marked(file) : file)
}
