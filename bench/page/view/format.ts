const MISSING = '–'

/** Three significant digits, without an exponent. */
export function digits(value: number | null | undefined, count = 3): string {
  if (value == null || !Number.isFinite(value)) return MISSING
  if (value === 0) return '0'
  const places = Math.max(0, count - 1 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(places, 20))
}

/** Milliseconds with the unit that suits them. */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds == null || !Number.isFinite(milliseconds)) return MISSING
  if (milliseconds < 0.9995) return `${digits(1000 * milliseconds)} µs`
  if (milliseconds < 999.5) return `${digits(milliseconds)} ms`
  return `${digits(milliseconds / 1000)} s`
}

/** The same for round numbers, without zeros behind the point. */
export const shortDuration = (milliseconds: number) =>
  duration(milliseconds).replace(/\.?0+ (?=\D)/, (zeros) => (zeros.startsWith('.') ? ' ' : zeros))

/** How long something took, in seconds: `4 min 12 s`. */
export function span(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`
}

export const percent = (share: number | null | undefined, places = 0) =>
  share == null ? MISSING : `${(100 * share).toFixed(places)} %`

export const megabytes = (bytes: number | null | undefined) =>
  bytes == null ? MISSING : `${digits(bytes / 1e6, bytes >= 1e9 ? 4 : 3)} MB`

export const times = (factor: number) => `${digits(factor)}×`

export const interval = ([low, high]: readonly [number, number], show = digits) =>
  `${show(low)}–${show(high)}`

/** A date as the reader writes dates. */
export function date(iso: string): string {
  const value = new Date(iso)
  if (Number.isNaN(value.getTime())) return iso
  return value.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' })
}

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`
