import { signal } from '@preact/signals'
import { announce } from './announce.ts'
import { fail } from './model.ts'
import { addPictures } from './pictures.ts'

/** What the camera sees, while it is on. */
export const camera = signal<MediaStream | undefined>()

/** The element that shows it. */
export const video = signal<HTMLVideoElement | null>(null)

export const hasCamera = typeof navigator.mediaDevices?.getUserMedia === 'function'

export async function startCamera(): Promise<void> {
  try {
    camera.value = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 960 } },
    })
    announce('The camera is on.')
  } catch (error) {
    fail('The camera can’t be used', error)
  }
}

export function stopCamera(): void {
  for (const track of camera.peek()?.getTracks() ?? []) track.stop()
  camera.value = undefined
  announce('The camera is off.')
}

/** Keeps what the camera sees as a picture. */
export async function takePicture(): Promise<void> {
  try {
    const frame = await nextFrame()
    if (!frame) return
    const canvas = document.createElement('canvas')
    canvas.width = frame.width
    canvas.height = frame.height
    canvas.getContext('2d')!.drawImage(frame, 0, 0)
    frame.close()
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
    if (!blob) throw new Error('The picture is too large.')
    stopCamera()
    addPictures([new File([blob], 'camera.png', { type: 'image/png' })])
  } catch (error) {
    fail('The picture can’t be taken', error)
  }
}

/** How long frames may fail, in milliseconds; the first ones do while a camera starts. */
const patience = 10_000

/**
 * @returns undefined once the camera is off
 * @throws what the browser says where a camera gives no frames
 */
export async function nextFrame(): Promise<ImageBitmap | undefined> {
  const end = performance.now() + patience
  while (camera.peek()) {
    await new Promise((resolve) => requestAnimationFrame(resolve))
    const element = video.peek()
    if (!element || element.readyState < element.HAVE_CURRENT_DATA) continue
    try {
      return await createImageBitmap(element)
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
  return undefined
}
