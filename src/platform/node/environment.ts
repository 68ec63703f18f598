interface Permissions {
  querySync(of: { name: 'env'; variable?: string }): { readonly state: string }
}

const deno = (globalThis as { Deno?: { permissions: Permissions } }).Deno

/**
 * Deno stops to ask its user, or throws, where a program reads a variable that it was not allowed to
 * (`--allow-env`). Nothing here is worth that: such a variable counts as not set.
 */
const mayRead = (variable?: string) =>
  !deno ||
  deno.permissions.querySync({ name: 'env', ...(variable && { variable }) }).state === 'granted'

/** A variable of the environment; undefined where it is not set or may not be read. */
export const readVariable = (name: string): string | undefined =>
  mayRead(name) ? process.env[name] : undefined

/** The names of all variables; none where not all of them may be read. */
export const variableNames = (): string[] => (mayRead() ? Object.keys(process.env) : [])
