import { VitrineError } from '../../src/errors.ts'
import type { Untimed } from '../report/report.ts'

/** An engine is not there, can't do what is asked, stopped with an error, or did not answer. */
export class EngineError extends VitrineError {
  readonly status: Untimed['status']

  constructor(status: Untimed['status'], message: string) {
    super('ENGINE', message)
    this.status = status
  }
}
