import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { seenRegion } from '../drawing/region.ts'
import { camera, video } from '../state/camera.ts'
import { model } from '../state/model.ts'
import { chosen } from '../state/pictures.ts'
import { view } from '../views/route.ts'

/** The picture, or what the camera sees, and what the view draws over it. */
export function Stage() {
  const size = useSignal<readonly [height: number, width: number]>([3, 4])
  const { Overlay } = view.value
  const loaded = model.value?.loaded
  const [height, width] = size.value
  const region = Overlay && loaded && seenRegion(loaded, size.value)
  return (
    <div class="stage">
      <div class="frame" style={{ '--ratio': width / height }}>
        {camera.value ? (
          <Video
            stream={camera.value}
            onSize={(found) => {
              size.value = found
            }}
          />
        ) : (
          <img
            src={chosen.value.url}
            alt={chosen.value.name}
            onLoad={({ currentTarget: { naturalHeight, naturalWidth } }) => {
              size.value = [naturalHeight || 3, naturalWidth || 4]
            }}
          />
        )}
        {Overlay && region && (
          <div
            class="overlay"
            style={{
              left: `${100 * region.left}%`,
              top: `${100 * region.top}%`,
              width: `${100 * region.width}%`,
              height: `${100 * region.height}%`,
            }}
          >
            <Overlay />
          </div>
        )}
      </div>
    </div>
  )
}

interface VideoProps {
  readonly stream: MediaStream
  readonly onSize: (size: readonly [height: number, width: number]) => void
}

function Video({ stream, onSize }: VideoProps) {
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
        onSize([videoHeight || 3, videoWidth || 4])
      }
    />
  )
}
