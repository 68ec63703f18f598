const paths = {
  camera: 'M3 8.5h3.6L8.4 6h7.2l1.8 2.5H21V19H3zM12 16.8a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6z',
  add: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  remove: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
  down: 'M6 9.5l6 6 6-6',
} as const

export type IconName = keyof typeof paths

/** Drawn beside words or in a button with a label; it says nothing by itself. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
)
