interface Permissions {
  querySync(of: { name: 'env'; variable?: string }): { readonly state: string }
}

const deno = (globalThis as { Deno?: { permissions: Permissions } }).Deno

/**
 * Deno prompts the user or throws when a program reads a variable without `--allow-env`. Such a variable
 * counts as not set instead.
 */
const mayRead = (variable?: string) =>
  !deno ||
  deno.permissions.querySync({ name: 'env', ...(variable && { variable }) }).state === 'granted'

/** An environment variable; undefined if it is not set or must not be read. */
export const readVariable = (name: string): string | undefined =>
  mayRead(name) ? process.env[name] : undefined

/** The names of all variables; none unless all may be read. */
export const variableNames = (): string[] => (mayRead() ? Object.keys(process.env) : [])
