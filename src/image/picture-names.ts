const PICTURE = /\.(jpe?g|jpe|jfif|png|webp)$/i
/** Pictures of formats that this package does not decode. */
const OTHER_PICTURE = /\.(gif|bmp|tiff?|heic|heif|avif|jxl|jp2|ppm|pgm|svg)$/i

/** The last part of a path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** What zip files of macOS, Synology and Windows have beside a user's folders. */
const SYSTEM = new Set(['__MACOSX', '@eaDir', '$RECYCLE.BIN', 'System Volume Information'])

/** Hidden files and folders, such as `.DS_Store` and the `._…` files of macOS, have no samples. */
export const isHidden = (path: string): boolean =>
  path.split('/').some((part) => part.startsWith('.') || SYSTEM.has(part))

export const isPicture = (path: string): boolean => PICTURE.test(path) && !isHidden(path)
export const isOtherPicture = (path: string): boolean => OTHER_PICTURE.test(path) && !isHidden(path)
