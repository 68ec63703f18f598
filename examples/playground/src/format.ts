/** `6.2 MB`, in decimal units as shops and file managers count. */
export function bytesText(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
  return `${(bytes / 1e9).toFixed(1)} GB`
}

/** `73.3 %` */
export const percentText = (share: number) => `${(share * 100).toFixed(1)} %`

/** `8.4 ms`, `41 ms`, `1.2 s` */
export function durationText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`
}

/** `5.7 M` */
export const millionsText = (count: number) => `${(count / 1e6).toFixed(count < 1e8 ? 1 : 0)} M`
