import { signal } from '@preact/signals'
import { engine } from '../engine/client.ts'
import type { Kept } from '../engine/types.ts'

/** Checkpoints that the visitor dropped, now or at an earlier visit. */
export const kept = signal<readonly Kept[]>([])

/** Without a store (a private window) there is none. */
export async function refreshKept(): Promise<void> {
  kept.value = await (await engine).kept().catch(() => [])
}

export async function removeKept({ id }: Kept): Promise<void> {
  await (await engine).remove(id)
  await refreshKept()
}
