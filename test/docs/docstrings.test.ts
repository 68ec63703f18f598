import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// The reference is made from the docstrings of what the entries export, so everything has one.
const root = fileURLToPath(new URL('../../', import.meta.url))
const entries = [
  'src/index.ts',
  'src/hub/index.ts',
  'src/text/index.ts',
  'src/train/index.ts',
  'src/serve/index.ts',
  'src/serve/node/index.ts',
  'src/embedded/model.ts',
]

/** What is exported, or a member of it, and has no docstring. */
function undocumented(files: readonly string[]): string[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const program = ts.createProgram(files, options)
  const checker = program.getTypeChecker()
  const found = new Set<string>()
  const isDocumented = (symbol: ts.Symbol) =>
    ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== ''
  const isOurs = (symbol: ts.Symbol) =>
    symbol.declarations?.some(({ parent }) => {
      const { fileName } = parent.getSourceFile()
      return files.includes(fileName) || fileName.startsWith(`${root}src/`)
    })
  for (const file of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
    for (const name of checker.getExportsOfModule(module)) {
      const isAlias = (name.flags & ts.SymbolFlags.Alias) !== 0
      const symbol = isAlias ? checker.getAliasedSymbol(name) : name
      if (!isDocumented(symbol)) found.add(name.name)
      const isOfMembers = symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)
      if (!isOfMembers) continue
      for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
        if (!isOurs(member) || isHidden(member)) continue
        if (!isDocumented(member)) found.add(`${name.name}.${member.name}`)
      }
    }
  }
  return [...found].sort()
}

/** Not part of the API: private, protected, or symbols of the language. */
function isHidden(member: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
  return (
    member.name.startsWith('__') ||
    (member.declarations ?? []).some(
      (one) =>
        (ts.getCombinedModifierFlags(one) & hidden) !== 0 ||
        (ts.isClassElement(one) && one.name !== undefined && ts.isPrivateIdentifier(one.name)),
    )
  )
}

test('what has no docstring is found', () => {
  const fixture = fileURLToPath(new URL('./docstrings.fixture.ts', import.meta.url))
  assert.equal(undocumented([fixture]), ['Bare', 'Bare.member', 'Half.second', 'bare'])
})

test('every export and every member of it has a docstring', () => {
  assert.equal(undocumented(entries.map((entry) => root + entry)), [])
})

test.run()
