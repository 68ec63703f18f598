import { checkJsonSize } from './json-limits.ts'
import { badRequest } from './refusal.ts'

export type JsonObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A body that is a JSON object.
 * @throws Refusal
 */
export function parseObject(bytes: Uint8Array): JsonObject {
  checkJsonSize(bytes)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw badRequest('The body must be JSON, and it is not.')
  }
  if (isObject(value)) return value
  throw badRequest('The body must be a JSON object.')
}
