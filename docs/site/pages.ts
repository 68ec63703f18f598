/**
 * The pages of the site: which files of the repository they come from, and where they stand in the menus. A
 * Markdown file that is linked and not listed here is no page, so the build names it.
 */

/** Files outside docs/ that are pages, by their path in the repository. */
export const placed: Readonly<Record<string, string>> = {
  'README.md': 'introduction.md',
  'ARCHITECTURE.md': 'project/architecture.md',
  'CONTRIBUTING.md': 'project/contributing.md',
  'CHANGELOG.md': 'project/changelog.md',
  'bench/README.md': 'project/benchmark.md',
  'bench/NOTES.md': 'project/notes-on-speed.md',
  'examples/README.md': 'project/examples.md',
  'codecs/jpeg/README.md': 'project/jpeg-decoder.md',
  'assets/README.md': 'project/assets.md',
}

const page = (text: string, link: string) => ({ text, link })

export const nav = [
  {
    text: 'Guide',
    link: '/introduction',
    activeMatch:
      '^/(introduction|api|images|embeddings|text|hub|checkpoints|training|cifar10|batch|serving|deployment|gpu|speed|token-merging|cli)',
  },
  { text: 'Environments', link: '/runtimes/', activeMatch: '^/runtimes/' },
  { text: 'Kernels', link: '/kernels/', activeMatch: '^/kernels/' },
  { text: 'Reference', link: '/reference/', activeMatch: '^/reference/' },
]

const guide = [
  {
    text: 'Guide',
    items: [
      page('Introduction', '/introduction'),
      page('The API', '/api'),
      page('Images', '/images'),
      page('Embeddings', '/embeddings'),
      page('Images and texts', '/text'),
      page('Published checkpoints', '/hub'),
      page('Checkpoints of your own', '/checkpoints'),
      page('Fine-tuning', '/training'),
      page('CIFAR-10 on two cores', '/cifar10'),
      page('Serving', '/serving'),
      page('Many images', '/batch'),
      page('Deployment', '/deployment'),
      page('On a GPU', '/gpu'),
      page('Speed', '/speed'),
      page('Token merging', '/token-merging'),
      page('The command line', '/cli'),
    ],
  },
]

const environments = [
  {
    text: 'Where it runs',
    items: [
      page('Overview', '/runtimes/'),
      page('A plain page', '/runtimes/page'),
      page('Vite', '/runtimes/vite'),
      page('webpack, rollup, esbuild, Parcel', '/runtimes/bundlers'),
      page('Next.js', '/runtimes/next'),
      page('Cloudflare Workers', '/runtimes/workers'),
      page('AWS Lambda, Vercel', '/runtimes/lambda'),
      page('Edge: memory, time, limits', '/edge'),
      page('Browser extensions', '/runtimes/extension'),
      page('Node, Deno, Bun', '/runtimes/deno-bun'),
    ],
  },
]

const porting = [
  {
    text: 'Coming from',
    items: [
      page('Transformers.js', '/porting/transformers-js'),
      page('ONNX Runtime Web', '/porting/onnxruntime-web'),
      page('vision_transformer (Python)', '/porting/vision-transformer'),
    ],
  },
]

const kernels = [
  {
    text: 'The kernels',
    items: [
      page('From pixels to logits', '/kernels/'),
      page('The matrix product', '/kernels/matrix-product'),
      page('256 bits', '/kernels/256-bits'),
      page('Integer products', '/kernels/integer-products'),
      page('Attention', '/kernels/attention'),
      page('Softmax, GELU, layer norm', '/kernels/pointwise'),
      page('The tape and its threads', '/kernels/tape-and-threads'),
      page('WebGPU', '/kernels/webgpu'),
    ],
  },
]

const project = [
  {
    text: 'The project',
    items: [
      page('Architecture', '/project/architecture'),
      page('Contributing', '/project/contributing'),
      page('The benchmark', '/project/benchmark'),
      page('Notes on speed', '/project/notes-on-speed'),
      page('Changelog', '/project/changelog'),
    ],
  },
]

/** @param reference the menu of the generated API reference */
export const sidebar = (reference: readonly object[]) => ({
  '/reference/': [{ text: 'API reference', items: reference }],
  '/kernels/': [...kernels, ...project],
  '/project/': [...project, ...kernels],
  '/source/': [...kernels, ...project],
  '/': [...guide, ...environments, ...porting, ...project],
})
