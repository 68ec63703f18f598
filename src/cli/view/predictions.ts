import type { Prediction } from '../../model/predictions.ts'
import { bar } from './bar.ts'
import { colours, lineWidth } from './colours.ts'
import { printableLine } from './printable.ts'
import { fitColumns, largest, textWidth } from './text-width.ts'

/** The largest part of a line that labels take. */
const LABEL_SHARE = 0.4

/**
 * The classes of one image: its name, then a line per class with label, bar and percentage, aligned
 * to the width of the stream.
 */
export function predictionView(
  name: string,
  top: readonly Prediction[],
  ms: number,
  stream: { isTTY?: boolean; columns?: number },
): string {
  const { bold, cyan, dim } = colours(stream)
  const width = lineWidth(stream)
  const longest = largest(top.map(({ label }) => textWidth(printableLine(label))))
  const labelWidth = Math.min(longest, Math.floor(width * LABEL_SHARE))
  const barWidth = Math.max(4, width - labelWidth - 14)
  const lines = top.map(({ label, probability }, rank) => {
    const text = fitColumns(label, labelWidth)
    const percent = `${(100 * probability).toFixed(1).padStart(6)} %`
    const line = `${rank === 0 ? bold(text) : text}  ${cyan(bar(probability, barWidth))}`
    return `  ${line}${rank === 0 ? bold(percent) : percent}`
  })
  return `${bold(name)} ${dim(`${Math.round(ms)} ms`)}\n${lines.join('\n')}\n\n`
}
