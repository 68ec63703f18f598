import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Installed, link, packageTest } from './installed.ts'
import { type Compiler, compile, compilers, versionOf } from './tsc.ts'

// A program that uses the public API, compiled against the published declarations by the TypeScript
// versions that users have, with the libraries that they have, and without `skipLibCheck`.
const program = readFileSync(new URL('./program.fixture.txt', import.meta.url), 'utf8')

const entries = {
  index: 'vitrine',
  hub: 'vitrine/hub',
  text: 'vitrine/text',
  serve: 'vitrine/serve',
  'serve-node': 'vitrine/serve/node',
  model: 'vitrine/model',
}

/** Every name that the entries export, by its name. */
function allNames(installed: Installed): string {
  return Object.entries(entries)
    .map(([file, specifier], i) => {
      const code = readFileSync(join(installed.package, `build/types/${file}.d.ts`), 'utf8')
      const lists = [...code.matchAll(/^export (?:type )?\{ (.+) \};$/gm)].map(([, list]) => list!)
      assert.ok(lists.length > 0, `${file}.d.ts exports something`)
      const names = lists
        .join(', ')
        .replace(/\w+ as /g, '')
        .split(', ')
      const renamed = names.map((name) => `${name} as ${name}${i}`)
      return `export type { ${renamed.join(', ')} } from '${specifier}'\n`
    })
    .join('')
}

// Where the libraries have these types, the declarations mean them.
const ownTypes = `
const signal: AbortSignal | undefined = ({} as vitrine.RunOptions).signal
const url: URL = model
const input: CheckpointInput = new Blob([])
export const own = [signal, url, input, load(new Response().body!, { hub: { fetch }, signal })]
`

// Only programs with a page have these.
const pageTypes = `
const pictures = [new Image(), document.createElement('video'), document.createElement('canvas')]
const objects = [new OffscreenCanvas(1, 1), {} as ImageBitmap, {} as VideoFrame, new ImageData(1, 1)]
const inputs: ImageInput[] = [...pictures, ...objects, new File([], 'cat.jpg')]
const noInputs: ImageInput[] = [
  // @ts-expect-error an element without a picture
  document.createElement('div'),
]
export const page = [inputs, noInputs]
`

interface Libraries {
  readonly dom: boolean
  readonly node: boolean
}

function configOf(module: 'nodenext' | 'bundler', { dom, node }: Libraries) {
  return {
    compilerOptions: {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'ES2022',
      lib: dom ? ['ES2022', 'DOM'] : ['ES2022'],
      types: node ? ['node'] : [],
      ...(module === 'nodenext'
        ? { module: 'nodenext', moduleResolution: 'nodenext' }
        : { module: 'esnext', moduleResolution: 'bundler' }),
    },
  }
}

const environments = [false, true].flatMap((dom) => [false, true].map((node) => ({ dom, node })))
const [bare, ...others] = environments
const everywhere = others.at(-1)!

/** All of it with the oldest and the newest TypeScript; the libraries' extremes with those between. */
const cases = compilers.flatMap((compiler, i) => {
  const isOuter = i === 0 || i === compilers.length - 1
  return [
    ...(isOuter ? environments : [bare!, everywhere]).map((libraries) => {
      return { compiler, module: 'nodenext' as const, libraries }
    }),
    ...(isOuter ? [{ compiler, module: 'bundler' as const, libraries: bare! }] : []),
  ]
})

for (const { compiler, module, libraries } of cases) {
  const { dom, node } = libraries
  const title = `${dom ? 'DOM' : 'no DOM'}, ${node ? '@types/node' : 'no @types/node'}`
  packageTest(`TypeScript ${versionOf(compiler)}, ${module}, ${title}`, async (installed) => {
    const own = dom || node ? ownTypes : ''
    const code = program + own + (dom ? pageTypes : '') + allNames(installed)
    assert.is(await compileIn(installed, compiler, module, libraries, code), '')
  })
}

let projects = 0

function compileIn(
  installed: Installed,
  compiler: Compiler,
  module: 'nodenext' | 'bundler',
  libraries: Libraries,
  code: string,
  file = module === 'nodenext' ? 'program.mts' : 'program.ts',
): Promise<string> {
  const folder = join(installed.folder, `project-${projects++}`)
  mkdirSync(folder)
  if (libraries.node) for (const name of ['@types/node', 'undici-types']) link(folder, name)
  const config = { ...configOf(module, libraries), files: [file] }
  writeFileSync(join(folder, file), code)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  return compile(compiler, folder)
}

packageTest(
  'a CommonJS module may require it, as TypeScript knows from 5.8 on',
  async (installed) => {
    const code = `import { load } from 'vitrine'
import hub = require('vitrine/hub')
export const found = [load(), hub.openCache()]
`
    for (const compiler of ['typescript', 'typescript70'] as const) {
      const said = await compileIn(installed, compiler, 'nodenext', bare!, code, 'program.cts')
      assert.is(said, '', compiler)
    }
  },
)

packageTest('what is not in the declarations is an error', async (installed) => {
  const code = `import { load } from 'vitrine'\nload(undefined, { thread: 1 })\nload(7)\n`
  const said = await compileIn(
    installed,
    'typescript',
    'nodenext',
    { dom: false, node: false },
    code,
  )
  assert.match(said, /'thread' does not exist in type 'LoadOptions'/)
  assert.match(said, /Argument of type '7'|'number' is not assignable/)
})

test.run()
