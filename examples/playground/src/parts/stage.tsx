import { useSignal } from '@preact/signals'
import { seenRegion } from '../drawing/region.ts'
import { camera } from '../state/camera.ts'
import { model } from '../state/model.ts'
import { chosen } from '../state/pictures.ts'
import { view } from '../views/route.ts'
import { Video } from './video.tsx'

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
