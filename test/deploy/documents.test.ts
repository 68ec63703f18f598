import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { temporaryFolder } from '../cli/run.ts'
import { testUnless } from '../obstacle.ts'
import { noPython, python, pythonCommands, script } from '../serve/clients/python.ts'
import { dockerfile } from './dockerfile.ts'
import { containers, type Document, documents, parseYAML } from './documents.ts'

const nats = process.env.VITRINE_NATS

/** What is wrong with each document by the schema of those who read it, or null. */
function faults(list: readonly Document[]): (string | null)[] {
  const { stdout, stderr } = spawnSync(python, [script('check.py', import.meta.url)], {
    input: JSON.stringify(list),
    encoding: 'utf8',
  })
  assert.match(stdout, /^\[/, stderr)
  return JSON.parse(stdout)
}

test('deploy/ has each kind of document', () => {
  const kinds = documents.map(({ document }) => document.kind ?? 'Compose').sort()
  assert.equal(kinds, [
    'Compose',
    'Deployment',
    'HorizontalPodAutoscaler',
    'InferenceService',
    'Job',
    'Job',
    'PodDisruptionBudget',
    'Service',
    'ServingRuntime',
  ])
  assert.equal(
    containers.map(({ file, args }) => `${file}: ${args[0]}`),
    [
      'compose.yaml: serve',
      'compose.yaml: batch',
      'kserve/runtime.yaml: serve',
      'kubernetes/batch.yaml: batch',
      'kubernetes/plan.yaml: batch',
      'kubernetes/server.yaml: serve',
    ],
  )
})

test('a key that comes twice is refused', () => {
  assert.throws(() => parseYAML('a: 1\na: 2'))
})

testUnless(
  noPython,
  'the schemas of their readers accept deploy/, and refuse a misspelt key',
  () => {
    const misspell: Record<string, (one: Document) => void> = {
      Deployment: (one) => Object.assign(one.spec.template.spec.containers[0], { argumentz: [] }),
      Job: (one) => Object.assign(one.spec, { backofLimitPerIndex: 1 }),
      ServingRuntime: (one) => Object.assign(one.spec.containers[0], { argumentz: [] }),
      InferenceService: (one) => Object.assign(one.spec.predictor.model, { storageUrl: '' }),
      Compose: (one) => Object.assign(one.services.worker, { comand: [] }),
    }
    const misspelt = Object.entries(misspell).map(([kind, change]) => {
      const one = documents.find(({ document }) => (document.kind ?? 'Compose') === kind)!
      const copy = structuredClone(one.document)
      change(copy)
      return copy
    })
    const right = documents.map(({ document }) => document)
    // One process for all, since it takes seconds to import KServe.
    const found = faults([...right, ...misspelt])
    assert.equal(
      found.slice(0, right.length),
      right.map(() => null),
    )
    for (const [index, kind] of Object.keys(misspell).entries()) {
      assert.match(String(found[right.length + index]), /argument|backof|storageUrl|comand/, kind)
    }
  },
)

testUnless(noPython, 'hadolint has nothing to say of the Dockerfile', () => {
  const { stdout, stderr, status } = spawnSync(
    join(pythonCommands, 'hadolint'),
    ['--no-color', '--failure-threshold', 'style', dockerfile],
    { encoding: 'utf8' },
  )
  assert.is(stdout + stderr, '')
  assert.is(status, 0)
})

test('pods run as a user that is not root, on a file system that they cannot write', () => {
  const pods = containers.filter(({ kubernetes }) => kubernetes)
  assert.is(pods.length, 4)
  for (const { name, kubernetes } of pods) {
    const { container, pod } = kubernetes!
    const context = { ...pod.securityContext, ...container.securityContext }
    assert.is(context.runAsNonRoot, true, name)
    assert.is(context.runAsUser, 65532, name)
    assert.is(context.readOnlyRootFilesystem, true, name)
    assert.is(context.allowPrivilegeEscalation, false, name)
    assert.equal(context.capabilities, { drop: ['ALL'] }, name)
    assert.ok(container.resources.limits.memory, name)
    assert.is(container.resources.limits.cpu, undefined, name)
    assert.is(String(threadsOf(container.args)), container.resources.requests.cpu, name)
    assert.is(container.lifecycle, undefined, name)
  }
  for (const { name, compose } of containers.filter(({ compose }) => compose)) {
    assert.is(compose.read_only, true, name)
    assert.equal(compose.cap_drop, ['ALL'], name)
  }
})

test('a server has its three probes; alive depends on no model', () => {
  const servers = containers.filter(({ kubernetes, args }) => kubernetes && args[0] === 'serve')
  assert.is(servers.length, 2)
  for (const { kubernetes } of servers) {
    const { startupProbe, readinessProbe, livenessProbe, ports } = kubernetes!.container
    assert.is(startupProbe.httpGet.path, '/v2/health/ready')
    assert.is(readinessProbe.httpGet.path, '/v2/health/ready')
    assert.is(livenessProbe.httpGet.path, '/v2/health/live')
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
      const named = ports.some((port: Document) =>
        [port.name, port.containerPort].includes(httpGet.port),
      )
      assert.ok(named, `${httpGet.port}`)
    }
  }
})

test('the labels that select are those of the pods', () => {
  const [deployment] = documents.filter(({ document }) => document.kind === 'Deployment')
  const { labels } = deployment!.document.spec.template.metadata
  const selectors = documents.flatMap(({ document }) => {
    if (document.kind === 'Service') return [document.spec.selector]
    return document.spec?.selector ? [document.spec.selector.matchLabels] : []
  })
  assert.is(selectors.length, 3)
  for (const selector of selectors) assert.equal({ ...labels, ...selector }, labels)
  const scaled = documents.find(({ document }) => document.kind === 'HorizontalPodAutoscaler')!
  assert.is(scaled.document.spec.scaleTargetRef.name, deployment!.document.metadata.name)
})

test('the Indexed Job tries an index again by itself, and never twice at once', () => {
  const { spec } = documents.find(({ file }) => file === 'kubernetes/batch.yaml')!.document
  assert.is(spec.completionMode, 'Indexed')
  assert.is(spec.podReplacementPolicy, 'Failed')
  assert.ok(spec.backoffLimitPerIndex > 0)
  assert.is(spec.backoffLimit, undefined)
  assert.is(spec.template.spec.restartPolicy, 'Never')
  const [disrupted, failed] = spec.podFailurePolicy.rules
  assert.equal(disrupted, { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] })
  assert.is(failed.action, 'FailIndex')
  const names = spec.template.spec.containers.map(({ name }: Document) => name)
  assert.ok(names.includes(failed.onExitCodes.containerName))
})

test("Compose's broker writes to the disk before it acknowledges", () => {
  const compose = documents.find(({ document }) => document.services)!.document
  const { nats } = compose.services
  const [{ source, target }] = nats.configs
  assert.match(compose.configs[source].content, /^\s*sync_interval: always$/m)
  assert.ok(nats.command.includes(target))
  assert.is(compose.services.worker.deploy.replicas, 3)
  assert.equal(compose.services.worker.profiles, nats.profiles)
  assert.ok(readFileSync(dockerfile, 'utf8').includes('USER 65532:65532'))
})

testUnless(oldNats(), 'a real nats-server takes that configuration', () => {
  const compose = documents.find(({ document }) => document.services)!.document
  const [{ source }] = compose.services.nats.configs
  const folder = temporaryFolder()
  const file = join(folder, 'nats.conf')
  writeFileSync(file, compose.configs[source].content.replace('/data', folder))
  const { stdout, stderr, status } = spawnSync(nats!, ['-t', '-c', file], { encoding: 'utf8' })
  assert.is(status, 0, stdout + stderr)
})

/** Why a configuration can't be checked here, if so. */
function oldNats(): string | undefined {
  if (!nats) return 'VITRINE_NATS names no nats-server'
  const { stdout } = spawnSync(nats, ['--version'], { encoding: 'utf8' })
  const [, minor] = /v2\.(\d+)\./.exec(stdout ?? '') ?? []
  return Number(minor) >= 10
    ? undefined
    : `${nats} is older than 2.10, which came with sync_interval`
}

function threadsOf(args: readonly string[]): string | undefined {
  return args[args.indexOf('--threads') + 1]
}

test.run()
