import { FormatError, SourceError } from '../errors.ts'

/**
 * Explains why the embedded model can't be read. Some bundlers don't copy the file that an `import.meta.url` names, and
 * many servers answer with a page for a file that they don't have.
 */
export function explainMissing(error: unknown, url: URL): unknown {
  if (!(error instanceof SourceError || error instanceof FormatError)) return error
  const file = url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
  return new SourceError(
    `The model that comes with vitrine is not where this bundle looks for it: ${error.message} If your bundler does not copy it, run "npx vitrine copy-model FOLDER" with a folder that you deploy, and pass its URL or path to load(), such as load('/${file}').`,
    { cause: error },
  )
}
