import type { VitrineError } from '../../../src/errors.ts'
import { type DecodeOptions, decodeImage } from '../../../src/image/decode.ts'
import type { PageImage, RGBImage } from '../../../src/image/image.ts'
import { toPixels, toRGB } from '../../../src/image/input.ts'
import { startedWorkers } from '../../started-workers.ts'

// What the tests of this folder do in pages.

/** How many files the browser has decoded on this thread. */
let decoded = 0
const { createImageBitmap } = globalThis
globalThis.createImageBitmap = ((source: ImageBitmapSource, ...rest: []) => {
  if (source instanceof Blob) decoded++
  return createImageBitmap(source, ...rest)
}) as typeof createImageBitmap

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

async function sha256(data: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data as BufferSource))
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const failureOf = ({ name, code, message }: VitrineError) => ({ name, code, message })

interface Drawing {
  readonly width: number
  readonly height: number
  /** RGB in base64. */
  readonly data: string
}

/** An opaque canvas with these pixels. */
function draw({ width, height, data }: Drawing): HTMLCanvasElement {
  const rgb = bytesOf(data)
  const pixels = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    pixels.data.set([...rgb.subarray(3 * i, 3 * i + 3), 255], 4 * i)
  }
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  canvas.getContext('2d')!.putImageData(pixels, 0, 0)
  return canvas
}

async function imageFrom(url: string, crossOrigin?: string): Promise<HTMLImageElement> {
  const image = new Image()
  if (crossOrigin !== undefined) image.crossOrigin = crossOrigin
  image.src = url
  return image
}

const toFile = (canvas: HTMLCanvasElement) =>
  new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob!)))

/** A video with the picture of a canvas, once it has a frame. */
async function videoOf(canvas: HTMLCanvasElement): Promise<HTMLVideoElement> {
  const video = document.createElement('video')
  video.muted = true
  video.srcObject = canvas.captureStream()
  const loaded = new Promise((resolve) => video.addEventListener('loadeddata', resolve))
  await video.play()
  // A stream has a frame for each change of its canvas.
  canvas.getContext('2d')!.drawImage(canvas, 0, 0)
  await loaded
  return video
}

const MAKE: Record<string, (canvas: HTMLCanvasElement) => PageImage | Promise<PageImage>> = {
  '<img>': async (canvas) => imageFrom(URL.createObjectURL(await toFile(canvas))),
  '<canvas>': (canvas) => canvas,
  '<video>': videoOf,
  OffscreenCanvas(canvas) {
    const copy = new OffscreenCanvas(canvas.width, canvas.height)
    copy.getContext('2d')!.drawImage(canvas, 0, 0)
    return copy
  },
  ImageBitmap: (canvas) => createImageBitmap(canvas),
  VideoFrame: (canvas) => new VideoFrame(canvas, { timestamp: 0 }),
}

/** Inputs without a picture. */
const BROKEN: Record<string, (url: string) => unknown> = {
  'an <img> without a source': () => new Image(),
  'an <img> of a missing file': () => imageFrom('/missing.png'),
  'an <img> of what is no image': () => imageFrom('/build/web/start.js?token=secret'),
  'a <video> without a frame': () => document.createElement('video'),
  'a <canvas> without a size': () => Object.assign(document.createElement('canvas'), { width: 0 }),
  async 'an ImageBitmap that was closed'() {
    const bitmap = await createImageBitmap(new ImageData(2, 2))
    bitmap.close()
    return bitmap
  },
  'a VideoFrame that was closed'() {
    const frame = new VideoFrame(new Uint8Array(16), {
      format: 'RGBA',
      codedWidth: 2,
      codedHeight: 2,
      timestamp: 0,
    })
    frame.close()
    return frame
  },
  'an <img> of another origin': (url) => imageFrom(url),
  async 'a <canvas> with pixels of another origin'(url) {
    const image = await imageFrom(url)
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.getContext('2d')!.drawImage(image, 0, 0)
    return canvas
  },
  'a <div>': () => document.createElement('div'),
}

const page = {
  /** Decodes a file on this thread. */
  async decode(file: { base64: string } | { url: string }, options: DecodeOptions = {}) {
    const bytes =
      'url' in file
        ? new Uint8Array(await (await fetch(file.url)).arrayBuffer())
        : bytesOf(file.base64)
    const before = decoded
    try {
      const { width, height, data } = await decodeImage(bytes, options)
      return { width, height, sha256: await sha256(data), byBrowser: decoded > before }
    } catch (error) {
      return { error: failureOf(error as VitrineError).code, byBrowser: decoded > before }
    }
  },

  /** Decodes a file in memory that is shared, or that can grow. */
  async decodeIn(memory: 'shared' | 'resizable', base64: string) {
    const bytes = bytesOf(base64)
    const Resizable = ArrayBuffer as unknown as new (
      length: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer
    const buffer =
      memory === 'shared'
        ? new SharedArrayBuffer(bytes.length)
        : new Resizable(bytes.length, { maxByteLength: 2 * bytes.length })
    const copy = new Uint8Array(buffer)
    copy.set(bytes)
    return sha256((await decodeImage(copy)).data)
  },

  /** How far the pixels of an input are from what was drawn, at most; and whether it can be used on. */
  async show(kind: string, drawing: Drawing, options: DecodeOptions = {}) {
    const before = startedWorkers()
    const input = await MAKE[kind]!(draw(drawing))
    let image: RGBImage
    try {
      image = await toRGB(input, options)
    } catch (error) {
      return failureOf(error as VitrineError)
    }
    const { width, height, data } = image
    const expected = bytesOf(drawing.data)
    let distance = 0
    for (let i = 0; i < data.length; i++) {
      distance = Math.max(distance, Math.abs(data[i]! - expected[i]!))
    }
    const again = await toPixels(input, 'timm', [8, 8])
    return { width, height, distance, again: again.length, workers: startedWorkers() - before }
  },

  /** How far an `<img>` of a file is from the decoded file, at most. */
  async showFile(base64: string) {
    const bytes = bytesOf(base64)
    const shown = await toRGB(await imageFrom(URL.createObjectURL(new Blob([bytes]))))
    const { width, height, data } = await toRGB(bytes)
    const distance = data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - shown.data[i]!)),
      0,
    )
    return { width: shown.width - width, height: shown.height - height, distance }
  },

  async showBroken(kind: string, url = '') {
    try {
      await toRGB((await BROKEN[kind]!(url)) as PageImage)
      return undefined
    } catch (error) {
      return failureOf(error as VitrineError)
    }
  },

  /** The size of an image of another origin that allows this page to read it. */
  async showForeign(url: string) {
    const { width, height } = await toRGB(await imageFrom(url, 'anonymous'))
    return { width, height }
  },

  /** Alpha is dropped: a colour of full strength stays what it is. */
  async showTransparent() {
    const canvas = Object.assign(document.createElement('canvas'), { width: 2, height: 1 })
    const context = canvas.getContext('2d')!
    context.fillStyle = 'rgba(255, 0, 255, 0.5)'
    context.fillRect(0, 0, 1, 1)
    return [...(await toRGB(canvas)).data]
  },

  async abort(slow: string) {
    const controller = new AbortController()
    const waiting = toRGB(await imageFrom(slow), { signal: controller.signal })
    controller.abort(new Error('changed my mind'))
    return waiting.catch((error) => error.message)
  },

  /** Does what browsers do against fingerprinting: one bit of few pixels is not what was drawn. */
  addNoise(everywhere: boolean) {
    const { getImageData } = OffscreenCanvasRenderingContext2D.prototype
    OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...args) {
      const image = getImageData.apply(this, args as Parameters<typeof getImageData>)
      for (let i = 0; i < image.data.length; i += 4001) image.data[i]! ^= 1
      return image
    }
    if (everywhere) Object.assign(globalThis, { VideoFrame: undefined })
  },
}

export type Page = typeof page

Object.assign(globalThis, { page })
