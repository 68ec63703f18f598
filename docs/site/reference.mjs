/** Writes the API reference from the docstrings of the public entries. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The entries of the package, by the files that they are made from. */
export const entries = {
  vitrine: 'src/index.ts',
  'vitrine/hub': 'src/hub/index.ts',
  'vitrine/text': 'src/text/index.ts',
  'vitrine/train': 'src/train/index.ts',
  'vitrine/serve': 'src/serve/index.ts',
  'vitrine/serve/node': 'src/serve/node/index.ts',
  'vitrine/model': 'src/embedded/model.ts',
}

/**
 * Writes the pages of the reference, and their menu into `menu.json`.
 * @param root the repository
 * @param target the folder of the reference
 * @returns the page of each name
 */
export async function writeReference(root, target) {
  const { Application, ReflectionKind } = await import('typedoc')
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: Object.values(entries).map((file) => join(root, file)),
    tsconfig: join(root, 'docs/site/tsconfig.json'),
    basePath: root,
    readme: 'none',
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeExternals: true,
    disableGit: true,
    skipErrorChecking: true,
    logLevel: 'Warn',
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    sort: ['source-order'],
    ...markdown,
  })
  const project = await app.convert()
  if (!project) throw new Error('TypeDoc could not read the entries.')
  const names = new Map(Object.entries(entries).map(([name, file]) => [moduleName(file), name]))
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    module.name = names.get(module.name) ?? module.name
  }
  const order = Object.keys(entries)
  project.children.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  // An implementation's name for what it has yet to check.
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.name === 'given') parameter.name = 'options'
  }
  // Programs catch errors; only the package makes them.
  for (const maker of project.getReflectionsByKind(ReflectionKind.Constructor)) {
    project.removeReflection(maker)
  }
  const rank = ({ name }) => (first.includes(name) ? first.indexOf(name) : first.length)
  const byRank = (a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en')
  for (const { groups = [] } of project.children) {
    groups.sort((a, b) => kinds.indexOf(a.title) - kinds.indexOf(b.title))
    for (const { children } of groups) children.sort(byRank)
  }
  mkdirSync(target, { recursive: true })
  await app.outputs.writeOutput({ name: 'markdown', path: target }, project)
  for (const file of readdirSync(target, { recursive: true })) {
    if (!file.endsWith('.md')) continue
    const path = join(target, file)
    const text = tidy(readFileSync(path, 'utf8'))
    writeFileSync(path, file.endsWith('RecipeName.md') ? text : withRecipeName(text))
  }
  const menu = menuOf(project)
  writeFileSync(join(target, 'menu.json'), JSON.stringify(menu))
  const pages = menu.flatMap(({ items }) => items.flatMap(({ items }) => items))
  return Object.fromEntries(pages.toReversed().map(({ text, link }) => [text, link]))
}

/** Where a member was inherited from tells a reader nothing, since those classes are not public. */
const tidy = (text) =>
  text
    .replace(/^#+ (Inherited from|Overrides)\n\n.+\n\n?/gm, '')
    .replace(/^- `(ImageModel|ModelConfig|WasmOptions)`.*\n/gm, '')
    .replace(/^#+ Extends\n\n(?!- )\n?/gm, '')
    .replace(/^# (Function|Interface|Class|Type Alias|Variable): (.+)$/m, '# $2')
    .replaceAll('\\[dispose\\]', '\\[Symbol.dispose\\]')
    .replaceAll('[dispose]()', '[Symbol.dispose]()')
    .replaceAll('`Readonly`\\<`Config`\\>', '`Readonly`\\<[`ViTConfig`](ViTConfig.md)\\>')

/** TypeScript forgets the name of a union that is inherited. */
const withRecipeName = (text) =>
  text.replace(/`"official"`( \\\| `"[\w-]+"`)+/g, '[`RecipeName`](../type-aliases/RecipeName.md)')

/** A group for each entry and kind of member, in the order in which people look for them. */
function menuOf(project) {
  return project.children.map((module) => ({
    text: module.name,
    link: `/reference/${module.name}/`,
    items: (module.groups ?? [])
      .filter(({ title }) => kinds.includes(title))
      .map(({ title, children }) => ({
        text: title === 'Type Aliases' ? 'Types' : title,
        collapsed: title !== 'Functions',
        items: children.map(({ name }) => ({
          text: name,
          link: `/reference/${module.name}/${title.toLowerCase().replace(' ', '-')}/${name}`,
        })),
      })),
  }))
}

const kinds = ['Functions', 'Interfaces', 'Classes', 'Type Aliases', 'Variables']

/** What people look for comes before the alphabet. */
const first = ['load', 'ViT', 'LoadOptions', 'VitrineError']

/** TypeDoc's name of the module in a file. */
const moduleName = (file) => file.replace(/(\/index)?\.ts$/, '')

const markdown = {
  router: 'member',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  enumMembersFormat: 'table',
  indexFormat: 'table',
  tableColumnSettings: {
    hideSources: true,
    hideModifiers: true,
    hideInherited: true,
    hideOverrides: true,
  },
}
