import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { commandLine } from '../../src/cli/command-line.ts'
import { ExitCode } from '../../src/cli/exit.ts'
import { words } from './dockerfile.ts'
import { containers, type Document, deploy, documents } from './documents.ts'

/**
 * Parses a command line as `vitrine` would, and runs nothing.
 * @throws for a command, flag or value that does not exist, and for arguments that are missing or too many
 */
function parse(line: readonly string[]) {
  // KServe puts the name of an InferenceService there.
  const [name, ...args] = line.map((word) => word.replace('{{.Name}}', 'cats'))
  const program = commandLine(new AbortController().signal)
  const command = program.commands.find((one) => one.name() === name)
  if (!command) throw new Error(`there is no command ${name}`)
  command.configureOutput({ writeErr: () => {} })
  const { operands, unknown } = command.parseOptions([...args])
  const taken = command.registeredArguments
  const isRight =
    unknown.length === 0 &&
    operands.length >= taken.filter(({ required }) => required).length &&
    (taken.at(-1)?.variadic || operands.length <= taken.length) &&
    command.options.every((one) => !one.mandatory || command.opts()[one.attributeName()])
  if (!isRight) throw new Error(`not ${[...operands, ...unknown].join(' ')}`)
  return command.opts()
}

test('every command line of deploy/ is one of ours', () => {
  for (const { file, name, args } of [
    { file: 'Dockerfile', name: 'CMD', args: words('CMD') },
    ...containers,
  ]) {
    try {
      parse(args)
    } catch (error) {
      assert.unreachable(`${file}, ${name}: ${args.join(' ')}: ${error}`)
    }
  }
})

test('flags, values and arguments that do not exist are found', () => {
  assert.throws(() => parse([...words('CMD'), '--hurry']), 'not --hurry')
  assert.throws(() => parse([...words('CMD'), '--threads', 'many']))
  assert.throws(() => parse([...words('CMD'), 'more']), 'not more')
})

test('servers listen where their ports and probes are', () => {
  const servers = containers.filter(({ args }) => args[0] === 'serve')
  assert.is(servers.length, 3)
  for (const { name, args, kubernetes, compose } of servers) {
    const { port, host } = parse(args)
    assert.is(host, '0.0.0.0', name)
    const listed = kubernetes
      ? kubernetes.container.ports.map((one: { containerPort: number }) => one.containerPort)
      : compose.ports.map((one: string) => Number(one.split(':').at(-1)))
    assert.equal(listed, [Number(port)], name)
  }
})

test('the Indexed Job has as many indexes as its command counts with', () => {
  const { args } = containers.find(({ file }) => file === 'kubernetes/batch.yaml')!
  const { spec } = documents.find(({ file }) => file === 'kubernetes/batch.yaml')!.document
  const { completions, queue, out } = parse(args)
  assert.is(completions, spec.completions)
  assert.is(queue, 'kubernetes')
  const [rule] = spec.podFailurePolicy.rules.filter((one: Document) => one.onExitCodes)
  const codes: Readonly<Record<string, number>> = ExitCode
  assert.equal(rule.onExitCodes.values, [codes.failIndex])
  const plan = parse(containers.find(({ file }) => file === 'kubernetes/plan.yaml')!.args)
  assert.is(plan.out, out)
  assert.is(plan.plan, true)
})

test('the entry point is the command line of the package', () => {
  const [node, main, ...more] = words('ENTRYPOINT')
  assert.is(node, '/nodejs/bin/node')
  assert.equal(more, [])
  const { bin } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.is(main, `/app/node_modules/vitrine/${bin.vitrine}`)
})

test('what is sent to build the image has what the build reads', () => {
  const ignored = readFileSync(join(deploy, 'Dockerfile.dockerignore'), 'utf8').split('\n')
  const { files } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  for (const needed of ['src', 'assembly', 'assets', 'bundles', 'bench', 'docs', 'codecs']) {
    assert.ok(existsSync(join(deploy, '..', needed)), needed)
    assert.not.ok(ignored.includes(needed), needed)
  }
  // The build makes it again.
  assert.ok(files.includes('build') && ignored.includes('build'))
})

test.run()
