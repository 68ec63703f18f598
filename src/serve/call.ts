import type { Exchange } from './http/exchange.ts'
import type { Settings } from './options.ts'
import type { ServedModel } from './served-model.ts'

/** A request as its handler sees it. */
export interface Call {
  readonly exchange: Exchange
  readonly settings: Settings
  /** The parts of the path that the route names. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly models: ReadonlyMap<string, ServedModel>
  /**
   * The model of this name, or the first if there is none.
   * @throws Refusal for a name that does not exist
   */
  model(name: string | undefined): ServedModel
  /** The body, decompressed. */
  body(): Promise<Uint8Array>
  /** Is told how long the items of the request waited, in milliseconds. */
  readonly onWaited: (ms: number) => void
}

export type Handler = (call: Call) => Response | Promise<Response>
