import { gzipSync } from 'node:zlib'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build } from 'esbuild'
import { rollup } from 'rollup'
import { minify } from 'rollup-plugin-esbuild'

// What a user's bundler makes of a program that imports the package.

/** A file of a bundle. */
export interface BundledFile {
  readonly name: string
  readonly gzip: number
  /** Modules of the package by their paths in it, that left something in this file. */
  readonly modules: readonly string[]
  /** Names of files that are loaded with this one. */
  readonly imports: readonly string[]
  readonly isEntry: boolean
}

/** @param folder of a project in which `vitrine` is installed */
export type Bundler = (folder: string, program: string) => Promise<BundledFile[]>

const gzip = (code: Uint8Array | string) => gzipSync(code, { level: 9 }).length

/** The path in the package of one of its modules. */
const moduleName = (path: string) => /node_modules\/vitrine\/(.+)$/.exec(path)?.[1] ?? path

export const bundlers: Readonly<Record<string, Bundler>> = {
  async esbuild(folder, program) {
    const { metafile, outputFiles } = await build({
      stdin: { contents: program, resolveDir: folder },
      absWorkingDir: folder,
      outdir: 'out',
      bundle: true,
      splitting: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      conditions: ['browser'],
      write: false,
      metafile: true,
    })
    return Object.entries(metafile.outputs).map(([name, { entryPoint, imports, inputs }]) => ({
      name,
      gzip: gzip(outputFiles.find(({ path }) => path.endsWith(`/${name}`))!.contents),
      modules: Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
        bytesInOutput > 0 ? moduleName(path) : [],
      ),
      imports: imports.flatMap(({ kind, path }) => (kind === 'import-statement' ? path : [])),
      isEntry: entryPoint === '<stdin>',
    }))
  },

  // Vite's, with the same minifier.
  async rollup(folder, program) {
    const entry = '\0program'
    const bundle = await rollup({
      input: entry,
      plugins: [
        {
          name: 'program',
          resolveId: (id) => (id === entry ? id : null),
          load: (id) => (id === entry ? program : null),
        },
        nodeResolve({ browser: true, rootDir: folder, modulePaths: [`${folder}/node_modules`] }),
        minify({ target: 'es2022' }),
      ],
    })
    const { output } = await bundle.generate({ format: 'es' })
    return output.flatMap((file) =>
      file.type === 'chunk'
        ? {
            name: file.fileName,
            gzip: gzip(file.code),
            modules: Object.entries(file.modules).flatMap(([path, { renderedLength }]) =>
              renderedLength > 0 ? moduleName(path) : [],
            ),
            imports: file.imports,
            isEntry: file.isEntry,
          }
        : [],
    )
  },
}

/**
 * What a page downloads: the entry, the files with some modules that it imports while it runs, and what these import.
 * @param later paths of these modules in the package
 */
export function downloaded(
  files: readonly BundledFile[],
  later: readonly string[] = [],
): BundledFile[] {
  const found = new Set(files.filter(({ isEntry }) => isEntry))
  for (const module of later) {
    const file = files.find(({ modules }) => modules.includes(module))
    if (!file) throw new Error(`No file has ${module}.`)
    found.add(file)
  }
  for (const { imports } of found) {
    for (const name of imports) {
      const file = files.find((one) => one.name === name)
      if (file) found.add(file)
    }
  }
  return [...found]
}

/** The size of a worker that is one file, as a bundler minifies it. */
export async function workerSize(path: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return gzip(outputFiles[0]!.contents)
}
