import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { SourceError, VitrineError } from '../../errors.ts'
import { note } from '../output.ts'
import { countOf } from '../view/colours.ts'
import { type Entry, isImage, walk } from './folder-walk.ts'

/** An image by its name (a path, a URL, `-`), or why there is none by that name. */
export interface NamedImage {
  readonly name: string
  readonly error?: VitrineError
}

export interface ExpandOptions {
  /** Whether subfolders are entered. */
  readonly recursive: boolean
}

/** A scheme of two letters or more, as `toRGB` takes them: one letter is a drive of Windows. */
const URL_PATTERN = /^[a-z][a-z0-9+.-]+:/i

const GLOB = /[*?[\]{}]/

/**
 * The images that one word of a command line stands for: those in a folder, those that a pattern
 * such as `photos/**\/*.jpg` finds, or what has this very name. A file that has a pattern's
 * characters in its name is that file. What is left out is told on stderr.
 */
export async function* expandWord(
  word: string,
  options: ExpandOptions,
): AsyncGenerator<NamedImage> {
  if (word === '-' || URL_PATTERN.test(word)) return yield { name: word }
  const found = await stat(word).catch(() => undefined)
  if (found?.isDirectory()) yield* inFolder(word, options)
  else if (!found && GLOB.test(word)) yield* matching(word)
  else yield { name: word }
}

/** The same for a name that a list holds, which is never a pattern. */
export async function* expandListed(
  name: string,
  options: ExpandOptions,
): AsyncGenerator<NamedImage> {
  const found = URL_PATTERN.test(name) ? undefined : await stat(name).catch(() => undefined)
  if (found?.isDirectory()) yield* inFolder(name, options)
  else yield { name }
}

function inFolder(folder: string, { recursive }: ExpandOptions): AsyncGenerator<NamedImage> {
  const depth = recursive ? Number.POSITIVE_INFINITY : 0
  return imagesOf(folder, walk(folder.replace(/(?<=.)\/+$/, ''), { depth }))
}

async function* matching(word: string): AsyncGenerator<NamedImage> {
  const { default: picomatch } = await import('picomatch')
  const pattern = process.platform === 'win32' ? word.replaceAll('\\', '/') : word
  const { base, glob, prefix } = picomatch.scan(pattern)
  // A lone bracket is a bracket.
  if (glob === '') return yield { name: word }
  const isMatch = picomatch(glob)
  const root = prefix + base
  const rest = root === '' || root.endsWith('/') ? root.length : root.length + 1
  const levels = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length - 1
  const entries = walk(root, { depth: levels, hidden: /(^|\/)\./.test(glob) })
  yield* imagesOf(word, matches())

  async function* matches(): AsyncGenerator<Entry> {
    for await (const entry of entries) {
      if (entry.kind === 'file' && isMatch(entry.path.slice(rest))) yield entry
    }
  }
}

/** The images among some files; what else there is is counted and told. */
async function* imagesOf(word: string, entries: AsyncIterable<Entry>): AsyncGenerator<NamedImage> {
  let images = 0
  let folders = 0
  let others = 0
  const endings = new Set<string>()
  try {
    for await (const { path, kind } of entries) {
      if (kind !== 'file') folders++
      else if (await isImage(path)) {
        images++
        yield { name: path }
      } else {
        others++
        endings.add(extname(path).toLowerCase())
      }
    }
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error
    return yield { name: word, error }
  }
  const leftOut = [
    ...(others > 0 ? [`${countOf(others, 'other file')}${listed(endings)}`] : []),
    ...(folders > 0 ? [`${countOf(folders, 'subfolder')} (-r takes them)`] : []),
  ].join(' and ')
  if (images > 0) {
    if (leftOut) note(`${word}: ${countOf(images, 'image')}; left out ${leftOut}`)
    return
  }
  const instead = leftOut ? `, but ${leftOut}` : ''
  const message = `${word}: no JPEG, PNG or WebP image there${instead}.`
  yield { name: word, error: new SourceError(message) }
}

/** ` (.gif, .txt, …)` */
function listed(endings: ReadonlySet<string>): string {
  const shown = [...endings].filter((ending) => ending !== '').sort()
  if (shown.length === 0) return ''
  return ` (${shown.slice(0, 5).join(', ')}${shown.length > 5 ? ', …' : ''})`
}
