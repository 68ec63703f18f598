import { open, readFile } from 'node:fs/promises'
import { isGone, ownProcess, type ProcessName } from '../../../platform/node/files.ts'

/** What a lease's file says. */
export interface LeaseState {
  readonly owner: ProcessName
  /** Grows while the owner lives. */
  readonly beat: number
  /** How long a silence may be, in milliseconds. */
  readonly patience: number
  /** Attempts before this one that ended without a result. */
  readonly failures: number
  /** Why the last of them did. */
  readonly reason?: string | undefined
  /** Absent while it is held. */
  readonly ended?: 'given back' | 'failed'
}

/** The file keeps its length, so that a heartbeat needs no room on a full disk. */
const LENGTH = 1024

/** @param flag `wx` for a file that must not exist, `r+` for one that must */
export async function writeState(
  path: string,
  state: LeaseState,
  flag: 'wx' | 'r+',
): Promise<void> {
  const reason = state.reason?.slice(0, LENGTH / 4)
  const text = JSON.stringify({ ...state, ...(reason !== undefined && { reason }) })
  const bytes = Buffer.alloc(Math.max(LENGTH, Buffer.byteLength(text)), ' ')
  bytes.write(text)
  const file = await open(path, flag)
  try {
    await file.write(bytes, 0, bytes.length, 0)
  } finally {
    await file.close()
  }
}

/** @returns undefined if there is no file; a state without an owner if it is being written, or was never finished */
export async function readState(path: string): Promise<Partial<LeaseState> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

export const newState = (
  patience: number,
  failures: number,
  reason: string | undefined,
): LeaseState => ({ owner: ownProcess(), beat: 0, patience, failures, reason })

/** Whether a state says by itself that its lease is free: it was ended, or its process is known to be gone. */
export function isFree({ ended, owner }: Partial<LeaseState>): boolean {
  return ended !== undefined || (owner !== undefined && isGone(owner))
}
