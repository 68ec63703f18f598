/**
 * The layers of ARCHITECTURE.md, from the ground up. A module imports from its own layer's folder and
 * from the layers below, never up, never sideways, never in a circle.
 */
const layers = [
  {
    name: 'errors',
    path: '^src/(abort|check-fields|controls|error-message|errors|fields|finite|nearest|show|version)\\.ts$',
  },
  { name: 'platform', path: '^src/platform/' },
  { name: 'bytes', path: '^src/bytes/' },
  { name: 'inlined', path: '^src/inlined/' },
  { name: 'quantization', path: '^src/quantization/' },
  { name: 'program', path: '^(src/program/|assembly/(training/)?tape\\.ts$)' },
  { name: 'labels', path: '^src/(labels|synsets)\\.ts$' },
  { name: 'image', path: '^src/image/' },
  { name: 'backends', path: '^src/backends/' },
  { name: 'checkpoint', path: '^src/checkpoint/' },
  { name: 'model', path: '^src/(model/|concurrent-map.ts$)' },
  { name: 'families', path: '^src/families/' },
  { name: 'hub', path: '^src/hub/' },
  { name: 'load', path: '^src/(embedded/|(load|load-options|refill)\\.ts$)' },
  { name: 'index', path: '^src/index\\.ts$' },
  { name: 'text', path: '^src/text/' },
  { name: 'train', path: '^src/train/' },
  { name: 'vectors', path: '^src/vectors/' },
  { name: 'batch', path: '^src/batch/' },
  { name: 'serve', path: '^src/serve/' },
  { name: 'bench', path: '^bench/' },
  { name: 'cli', path: '^src/cli/' },
]

/** Layers that could import each other by the order above, and must not. */
const strangers = [
  ['image', 'labels'],
  ['image', 'program'],
  ['backends', 'labels'],
  ['backends', 'image'],
  ['batch', 'train'],
  ['serve', 'train'],
  ['serve', 'batch'],
  ['serve', 'vectors'],
]

const pathOf = (name) => layers.find((layer) => layer.name === name).path

export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...layers.slice(0, -1).map(({ name, path }, i) => ({
      name: `${name}-imports-down`,
      severity: 'error',
      from: { path },
      to: { path: layers.slice(i + 1).map((layer) => layer.path) },
    })),
    ...strangers.map(([from, to]) => ({
      name: `${from}-not-${to}`,
      severity: 'error',
      from: { path: pathOf(from) },
      to: { path: pathOf(to) },
    })),
    {
      name: 'only-platform-knows-node',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(platform/node|serve/node|vectors|batch|cli)/',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'assembly-meets-src-in-tapes',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^assembly/', pathNot: '^assembly/(training/)?tape\\.ts$' },
    },
    {
      // Packages are bundled, so each of them makes what users download larger.
      name: 'packages-only-for-files-and-the-command-line',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(cli|image|platform/(node|edge)|text/cleaning|train/(data|log)|vectors|batch|serve)/',
      },
      to: { path: 'node_modules', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // Scripts that measure run what was built.
    doNotFollow: { path: '(node_modules|^build/node)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
    },
  },
}
