import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'

export const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url))

// biome-ignore lint/suspicious/noExplicitAny: other people's formats, whose schemas check.py applies
export type Document = any

export interface Described {
  /** The path below deploy/. */
  readonly file: string
  readonly document: Document
}

/** Reads YAML strictly: a key that comes twice is an error; `<<` merges, as Compose does. */
export function parseYAML(text: string): Document[] {
  return parseAllDocuments(text, { merge: true, strict: true, uniqueKeys: true }).map((one) => {
    const [problem] = [...one.errors, ...one.warnings]
    if (problem) throw problem
    return one.toJS()
  })
}

/** All documents of deploy/, in the files' order. */
export const documents: readonly Described[] = (
  readdirSync(deploy, { recursive: true }) as string[]
)
  .filter((file) => file.endsWith('.yaml'))
  .sort()
  .flatMap((file) =>
    parseYAML(readFileSync(join(deploy, file), 'utf8')).map((document) => ({
      file: file.replaceAll(sep, '/'),
      document,
    })),
  )

/** A container that runs our image. */
export interface Container {
  readonly file: string
  readonly name: string
  readonly args: readonly string[]
  /** As Kubernetes describes it; undefined for a service of Compose. */
  readonly kubernetes?: { readonly container: Document; readonly pod: Document }
  /** As Compose describes it. */
  readonly compose?: Document
}

/** What runs our image, wherever it is described. */
export const containers: readonly Container[] = documents.flatMap(containersOf)

function containersOf({ file, document }: Described): Container[] {
  if (document.services) {
    return Object.entries<Document>(document.services)
      .filter(([, service]) => isOurs(service.image))
      .map(([name, compose]) => ({ file, name, args: compose.command, compose }))
  }
  const pod = document.spec?.template?.spec ?? document.spec
  const list: Document[] = pod?.containers ?? []
  return list
    .filter((container) => isOurs(container.image))
    .map((container) => ({
      file,
      name: `${document.kind} ${document.metadata.name}`,
      args: container.args,
      kubernetes: { container, pod },
    }))
}

function isOurs(image: unknown): boolean {
  return /^vitrine(:|$)/.test(String(image))
}
