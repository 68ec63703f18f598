/** `22.9 MB`; `bytes` from 0. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** `5,717,416` */
export const formatCount = (count: number) => count.toLocaleString('en-US')

/** `1 image`, `1,200 images` */
export const countOf = (count: number, one: string, many = `${one}s`) =>
  `${formatCount(count)} ${count === 1 ? one : many}`

/** `45 s`, `3 min`, `2 h 5 min` */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 100) return `${whole} s`
  const minutes = Math.ceil(whole / 60)
  if (minutes < 100) return `${minutes} min`
  const rest = minutes % 60
  return `${(minutes - rest) / 60} h${rest === 0 ? '' : ` ${rest} min`}`
}
