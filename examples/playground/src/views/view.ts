import type { ComponentType } from 'preact'
import type { Picture } from '../engine/types.ts'

/** A picture, or a frame of the camera, and the model that looks at it; another one of either is another subject. */
export interface Subject {
  /** A copy of the picture, to be handed to the worker. */
  readonly take: () => Promise<Picture>
}

/** One of the things that can be done with a model. Each is a folder here, and a line in `index.ts`. */
export interface View {
  /** In the page's address: `#attention`. */
  readonly id: string
  readonly title: string
  /** Beside the picture, or alone where the view shows none. */
  readonly Panel: ComponentType
  readonly showsPicture: boolean
  /** What lies over the picture. */
  readonly Overlay?: ComponentType
  /** What stands below the picture. */
  readonly Below?: ComponentType
  /** Takes what is dropped or pasted; other views get pictures and checkpoints as the page takes them. */
  readonly drop?: {
    /** What may be dropped, in words. */
    readonly invitation: string
    take(files: DataTransfer, target: EventTarget | null): void
  }
  /**
   * Computes what the view shows, whenever there is another picture, frame or model, or the view is shown again.
   * @param isCurrent false once it is no longer wanted
   */
  look?(subject: Subject, isCurrent: () => boolean): Promise<void>
}
