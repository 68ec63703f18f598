import { useLayoutEffect, useRef } from 'preact/hooks'
import { draw } from '../drawing/maps.ts'

interface Props {
  readonly image: ImageData
  /** What it shows; left out where words beside it say so. */
  readonly label?: string
  readonly class?: string
}

/** A small drawing, enlarged by the style sheet. */
export function MapCanvas({ image, label, class: name }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => draw(canvas.current!, image), [image])
  return (
    <canvas
      ref={canvas}
      class={name}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    />
  )
}
