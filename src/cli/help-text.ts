/** The last part of a help text: commands in one column, what they do in the next. */
export function examples(...rows: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...rows.map(([command]) => command.length))
  return `\nExamples:\n${rows.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`.trimEnd()).join('\n')}\n`
}
