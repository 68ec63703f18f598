/** A shard that a worker may compute. Others may get it too, if this worker is silent for too long. */
export interface Lease {
  readonly shard: number
  /** How many attempts before this one ended without a result. */
  readonly failures: number
  /** Why the last of them did, if its worker could say. */
  readonly reason?: string | undefined
  /** Aborted when another worker has the shard: to go on would be in vain, and harmless. */
  readonly lost: AbortSignal
  /** The shard has a result. */
  done(): Promise<void>
  /** This attempt ended without one. */
  failed(reason: string): Promise<void>
  /** This worker stops; another one shall take the shard at once, and nothing is held against it. */
  giveBack(): Promise<void>
}

/**
 * Says who computes which shard next. A queue may forget everything and repeat anything: what is done, only results
 * say.
 */
export interface Queue {
  /**
   * The next shard, once there is one to take.
   * @returns undefined when every shard that this worker may take has a result
   */
  take(signal: AbortSignal): Promise<Lease | undefined>
  close(): Promise<void>
}

/** After so many attempts that failed, the images of a shard are named as failed. */
export const MOST_ATTEMPTS = 5
