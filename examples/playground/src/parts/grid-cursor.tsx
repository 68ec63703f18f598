import { useRef } from 'preact/hooks'

interface Props {
  readonly grid: readonly [rows: number, columns: number]
  /** The chosen cell, row by row. */
  readonly value: number | undefined
  readonly onChange: (cell: number | undefined) => void
  readonly label: string
  /** What it means that no cell is chosen; then Escape chooses none. */
  readonly none?: string
}

/** A grid over a drawing, of which one cell is chosen by a pointer or with the arrow keys. */
export function GridCursor({ grid: [rows, columns], value, onChange, label, none }: Props) {
  const pinned = useRef(value)

  function pin(cell: number | undefined) {
    pinned.current = cell
    onChange(cell)
  }

  function cellAt({ clientX, clientY, currentTarget }: PointerEvent): number {
    const { left, top, width, height } = (currentTarget as Element).getBoundingClientRect()
    const place = (share: number, count: number) =>
      Math.min(count - 1, Math.max(0, Math.floor(share * count)))
    return (
      place((clientY - top) / height, rows) * columns + place((clientX - left) / width, columns)
    )
  }

  function press(event: KeyboardEvent) {
    const from = value ?? Math.floor(rows / 2) * columns + Math.floor(columns / 2)
    const [row, column] = [Math.floor(from / columns), from % columns]
    const moved = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
    }[event.key]
    if (event.key === 'Escape' && none !== undefined) pin(undefined)
    if (!moved) return
    event.preventDefault()
    const [down, across] = moved as [number, number]
    if (down >= 0 && down < rows && across >= 0 && across < columns) pin(down * columns + across)
  }

  const [row, column] = [Math.floor((value ?? 0) / columns), (value ?? 0) % columns]
  return (
    <div
      class="grid-cursor"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={-1}
      aria-valuemax={rows * columns - 1}
      aria-valuenow={value ?? -1}
      aria-valuetext={value === undefined ? none : `row ${row + 1}, column ${column + 1}`}
      onKeyDown={press}
      onPointerMove={(event) => {
        const cell = cellAt(event)
        if (cell !== value) onChange(cell)
      }}
      onPointerLeave={() => onChange(pinned.current)}
      onClick={(event) => {
        const cell = cellAt(event as unknown as PointerEvent)
        pin(cell === pinned.current && none !== undefined ? undefined : cell)
      }}
    >
      {value !== undefined && (
        <span
          class="cell"
          style={{
            left: `${(100 * column) / columns}%`,
            top: `${(100 * row) / rows}%`,
            width: `${100 / columns}%`,
            height: `${100 / rows}%`,
          }}
        />
      )}
    </div>
  )
}
