import type { Backend } from '../../backend.ts'
export async function createWebgpuTrainingBackend(_: object): Promise<Backend> {
  throw new Error('todo')
}
