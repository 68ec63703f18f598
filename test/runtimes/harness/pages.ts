import type { Browser } from 'puppeteer-core'
import { test } from 'uvu'
import type { BrowserKind } from '../../../bench/browser/find.ts'
import { canDrive, drive } from '../../browsers.ts'
import { type Int16Choices, visit } from './page.ts'
import { type Project, type TargetOptions, targetTest } from './project.ts'
import { isolation, serveFolder } from './static-server.ts'

export interface PageOptions extends TargetOptions {
  /** What is served: a folder of the project. */
  readonly folder: string
  readonly browsers?: readonly BrowserKind[]
  /** Headers beside those of isolation. */
  readonly headers?: Readonly<Record<string, string>>
  /** Makes the folder; called once. */
  readonly build?: (project: Project) => Promise<unknown>
  /** The numbers of threads and the kernels that it can have, where that does not depend on isolation. */
  readonly int16?: Int16Choices
}

/** Tests of what a bundler emitted, served by a plain server to browsers, with and without isolation. */
export function pageTests(target: string, options: PageOptions): void {
  const { folder, browsers = ['chromium'], headers, build, int16 } = options
  let built: Promise<unknown> | undefined
  for (const kind of browsers) {
    const obstacle = hasNo(kind)
    for (const isolated of [true, false]) {
      targetTest(
        target,
        `${kind}, ${isolated ? 'isolated' : 'not isolated'}`,
        async (project) => {
          built ??= build?.(project)
          await built
          const sent = { ...headers, ...(isolated && isolation) }
          const server = await serveFolder(`${project.folder}/${folder}`, sent)
          try {
            await visitFresh(kind, server, isolated, int16)
          } finally {
            server.close()
          }
        },
        { ...options, obstacle },
      )
    }
  }
}

/** Why a browser can't be had, if so. */
export const hasNo = (kind: BrowserKind) => (canDrive(kind) ? undefined : `there is no ${kind}`)

const open = new Map<BrowserKind, Promise<Browser>>()

/** Visits a page in a browser that knows nothing of earlier pages; see `visit`. */
export async function visitFresh(
  kind: BrowserKind,
  ...page: Parameters<typeof visit> extends [unknown, ...infer Rest] ? Rest : never
): Promise<void> {
  if (!open.has(kind)) open.set(kind, drive(kind, { protocolTimeout: 170_000 }))
  const context = await (await open.get(kind)!).createBrowserContext()
  try {
    await visit(context, ...page)
  } finally {
    await context.close()
  }
}

test.after(async () => {
  for (const browser of open.values()) await (await browser).close()
})
