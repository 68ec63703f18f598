import { useEffect } from 'preact/hooks'
import { video } from '../state/camera.ts'

interface VideoProps {
  readonly stream: MediaStream
  readonly onSize?: (size: readonly [height: number, width: number]) => void
}

/** What the camera sees. */
export function Video({ stream, onSize }: VideoProps) {
  useEffect(() => {
    const element = video.peek()
    if (element) element.srcObject = stream
  }, [stream])
  return (
    <video
      ref={(element) => {
        video.value = element
      }}
      autoplay
      muted
      playsInline
      aria-label="What the camera sees"
      onResize={({ currentTarget: { videoHeight, videoWidth } }) =>
        onSize?.([videoHeight || 3, videoWidth || 4])
      }
    />
  )
}
