export interface Bare {
  member: string
}

/** Has one. */
export interface Half {
  /** Has one. */
  first: string
  second: string
}

/** Has one. */
export class Whole {
  #hidden = 1

  /** Has one. */
  method(): number {
    return this.#hidden
  }

  private other = 1
  protected more(): number {
    return this.other
  }
}

export const bare = 1
