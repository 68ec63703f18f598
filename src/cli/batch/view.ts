import type { Summary } from '../../batch/summary.ts'
import { countOf, formatCount } from '../view/units.ts'

/** What became of a job, for people. */
export function summaryLines(
  { images, done, failed, failures, files }: Summary,
  folder: string,
): string[] {
  const codes = Object.entries(failures).map(([code, count]) => `${formatCount(count)} ${code}`)
  const rest = failed > 0 ? `, ${formatCount(failed)} failed (${codes.join(', ')})` : ''
  return [
    `${folder}: ${countOf(images, 'image')}, ${formatCount(done)} done${rest}`,
    `${countOf(files.length, 'file')} of results, verified; their checksums are in ${folder}/SHA256SUMS`,
    ...(failed > 0
      ? [
          `which images failed, and why, is in ${folder}/failed.jsonl; --retry-failed tries them again`,
        ]
      : []),
  ]
}
