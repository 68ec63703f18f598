import type { ComponentType } from 'preact'
import type { Picture } from '../engine/picture.ts'

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
  /**
   * Computes what the view shows of a picture or a frame of the camera, whenever there is another one or another
   * model.
   * @param take a copy of the picture, to be handed to the worker
   * @param isCurrent false once there is another one
   */
  look?(take: () => Promise<Picture>, isCurrent: () => boolean): Promise<void>
}
