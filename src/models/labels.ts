import { platform } from '#platform'
import { ArgumentError } from '../errors.ts'

/** Class names that come with the package, by number of classes. */
const KNOWN: Readonly<Record<number, string>> = { 1000: 'assets/imagenet2012.labels.txt' }

/** One name per line. */
export function parseLabels(text: string): string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/)
}

/**
 * The names of a head's classes.
 * @param given the caller's own names, in the order of the logits
 * @returns the given names; else those of ImageNet-2012 for 1,000 classes; else none
 * @throws ArgumentError where there are more or fewer names than classes
 */
export async function chooseLabels(
  classes: number,
  given: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  if (given) {
    if (given.length === classes) return given
    throw new ArgumentError(`The model has ${classes} classes, and ${given.length} labels came.`)
  }
  const file = KNOWN[classes]
  if (!file) return undefined
  return parseLabels(new TextDecoder().decode(await platform.readAsset(file)))
}
