const PICTURE = /\.(jpe?g|jpe|jfif|png|webp)$/i

/** Whether a file is a picture by its name, and not a hidden one such as the `._…` files of macOS. */
export const isPicture = (path: string): boolean => PICTURE.test(path) && !/(^|\/)\./.test(path)
