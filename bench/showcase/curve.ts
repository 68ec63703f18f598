import type { Log, LoggedStep } from './log.ts'

const [WIDTH, HEIGHT] = [640, 300] as const
const plot = { left: 52, right: WIDTH - 12, top: 16, bottom: HEIGHT - 36 } as const
/** Updates whose losses are drawn as their mean. */
const WINDOW = 20

const STYLE = `  <style>
    text { font: 13px system-ui, sans-serif; fill: #3c3c43; }
    .small { font-size: 11px; }
    .line { stroke: #8e8e93; fill: none; }
    .dash { stroke: #8e8e93; fill: none; stroke-dasharray: 4 3; }
    .a { fill: #3f8fd640; stroke: #3f8fd6; }
    .b { fill: #d9832440; stroke: #d98324; }
    @media (prefers-color-scheme: dark) { text { fill: #dfdfd6; } }
  </style>`

/**
 * A drawing of the losses of runs over their updates, on a logarithmic axis.
 * @param runs by the names to show, at most two
 */
export function curve(runs: Readonly<Record<string, Log>>): string {
  const means = Object.entries(runs).map(([name, { steps }]) => ({ name, points: smooth(steps) }))
  const all = means.flatMap(({ points }) => points)
  const last = Math.max(...all.map(({ step }) => step))
  const losses = all.map(({ loss }) => Math.log10(loss))
  const [low, high] = [Math.min(...losses) - 0.05, Math.max(...losses) + 0.05]
  const x = (step: number) => plot.left + (step / last) * (plot.right - plot.left)
  const y = (loss: number) =>
    plot.top + ((high - Math.log10(loss)) / (high - low)) * (plot.bottom - plot.top)
  const ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2].filter(
    (tick) => Math.log10(tick) >= low && Math.log10(tick) <= high,
  )
  const lines = means.map(({ name, points }, i) => {
    const of = points.map(({ step, loss }) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`)
    const [colour, top] = [i === 0 ? 'a' : 'b', plot.top + 12 + 18 * i]
    return `  <polyline class="${colour}" style="fill: none" stroke-width="1.5" points="${of.join(' ')}" />
  <line class="${colour}" stroke-width="2" x1="${plot.right - 150}" y1="${top - 4}" x2="${plot.right - 126}" y2="${top - 4}" />
  <text class="small" x="${plot.right - 120}" y="${top}">${name}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">
  <title>The loss of ${means.map(({ name }) => name).join(' and of ')} over ${last} updates</title>
${STYLE}
${ticks
  .map(
    (
      tick,
    ) => `  <line class="dash" x1="${plot.left}" y1="${y(tick).toFixed(1)}" x2="${plot.right}" y2="${y(tick).toFixed(1)}" />
  <text class="small" x="${plot.left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${tick}</text>`,
  )
  .join('\n')}
  <line class="line" x1="${plot.left}" y1="${plot.bottom}" x2="${plot.right}" y2="${plot.bottom}" />
${[0, 0.25, 0.5, 0.75, 1]
  .map(
    (share) =>
      `  <text class="small" x="${x(share * last).toFixed(1)}" y="${plot.bottom + 16}" text-anchor="middle">${Math.round(share * last)}</text>`,
  )
  .join('\n')}
  <text class="small" x="${(plot.left + plot.right) / 2}" y="${HEIGHT - 4}" text-anchor="middle">updates; the loss is the mean of ${WINDOW}</text>
${lines.join('\n')}
</svg>
`
}

/** The mean of each stretch of updates, at its middle. */
function smooth(steps: readonly LoggedStep[]): { step: number; loss: number }[] {
  const points: { step: number; loss: number }[] = []
  for (let at = 0; at < steps.length; at += WINDOW) {
    const part = steps.slice(at, at + WINDOW)
    const sum = part.reduce((sum, { loss }) => sum + loss, 0)
    points.push({ step: part[part.length >> 1]!.step, loss: sum / part.length })
  }
  return points
}
