import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { SourceError, VitrineError } from '../../errors.ts'
import { note } from '../output.ts'
import { countOf } from '../view/units.ts'
import { type Entry, isImage, walk } from './folder-walk.ts'

/** An image by its name (a path, a URL, `-`), or the error that this name gave. */
export interface NamedImage {
  readonly name: string
  readonly error?: VitrineError
}

export interface ExpandOptions {
  /** Whether subfolders are included. */
  readonly recursive: boolean
  /** Which files count besides images. */
  readonly isAlsoWanted?: (path: string) => boolean
}

/** A scheme has two letters or more: one letter is a drive of Windows. */
const URL_PATTERN = /^[a-z][a-z0-9+.-]+:/i

const GLOB = /[*?[\]{}]/

/**
 * The images that one argument stands for: the images in a folder, the matches of a pattern such as
 * `photos/**\/*.jpg`, or the argument itself. An existing file wins over a pattern, so `a[1].png` can
 * be named. Files that are left out are noted on stderr.
 */
export async function* expandArgument(
  name: string,
  options: ExpandOptions,
): AsyncGenerator<NamedImage> {
  if (name === '-' || URL_PATTERN.test(name)) return yield { name }
  const found = await stat(name).catch(() => undefined)
  if (found?.isDirectory()) yield* inFolder(name, options)
  else if (!found && GLOB.test(name)) yield* matching(name, options)
  else yield { name }
}

/** The same for a name from a list, where patterns are not expanded. */
export async function* expandListed(
  name: string,
  options: ExpandOptions,
): AsyncGenerator<NamedImage> {
  const found = URL_PATTERN.test(name) ? undefined : await stat(name).catch(() => undefined)
  if (found?.isDirectory()) yield* inFolder(name, options)
  else yield { name }
}

function inFolder(folder: string, options: ExpandOptions): AsyncGenerator<NamedImage> {
  const depth = options.recursive ? Number.POSITIVE_INFINITY : 0
  return imagesOf(folder, walk(folder.replace(/(?<=.)\/+$/, ''), { depth }), options)
}

async function* matching(name: string, options: ExpandOptions): AsyncGenerator<NamedImage> {
  const { default: picomatch } = await import('picomatch')
  const pattern = process.platform === 'win32' ? name.replaceAll('\\', '/') : name
  const { base, glob, prefix } = picomatch.scan(pattern)
  // A single bracket is an ordinary character.
  if (glob === '') return yield { name }
  const isMatch = picomatch(glob)
  const root = prefix + base
  const rest = root === '' || root.endsWith('/') ? root.length : root.length + 1
  const levels = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length - 1
  const entries = walk(root, { depth: levels, hidden: /(^|\/)\./.test(glob) })
  yield* imagesOf(name, matches(), options)

  async function* matches(): AsyncGenerator<Entry> {
    for await (const entry of entries) {
      if (entry.kind === 'file' && isMatch(entry.path.slice(rest))) yield entry
    }
  }
}

/** The images among some entries; the other entries are counted and noted on stderr. */
async function* imagesOf(
  name: string,
  entries: AsyncIterable<Entry>,
  { isAlsoWanted }: ExpandOptions,
): AsyncGenerator<NamedImage> {
  let images = 0
  let folders = 0
  let others = 0
  const extensions = new Set<string>()
  try {
    for await (const { path, kind } of entries) {
      if (kind !== 'file') folders++
      else if (isAlsoWanted?.(path) || (await isImage(path))) {
        images++
        yield { name: path }
      } else {
        others++
        extensions.add(extname(path).toLowerCase())
      }
    }
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error
    return yield { name, error }
  }
  const leftOut = [
    ...(others > 0 ? [`${countOf(others, 'other file')}${listed(extensions)}`] : []),
    ...(folders > 0 ? [`${countOf(folders, 'subfolder')} (-r includes them)`] : []),
  ].join(' and ')
  if (images > 0) {
    if (leftOut) note(`${name}: ${countOf(images, 'image')}; left out ${leftOut}`)
    return
  }
  const instead = leftOut ? `, but ${leftOut}` : ''
  const message = `${name}: no JPEG, PNG or WebP image there${instead}.`
  yield { name, error: new SourceError(message) }
}

/** ` (.gif, .txt, …)` */
function listed(extensions: ReadonlySet<string>): string {
  const shown = [...extensions].filter((extension) => extension !== '').sort()
  if (shown.length === 0) return ''
  return ` (${shown.slice(0, 5).join(', ')}${shown.length > 5 ? ', …' : ''})`
}
