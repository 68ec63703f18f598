import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expectInt16, expectPredictions } from './expect.ts'
import { addCheck, addPicture } from './harness/check.ts'
import { run } from './harness/commands.ts'
import { targetTest } from './harness/project.ts'
import { unprivileged, writesAnyway } from './harness/unprivileged.ts'

// A function of AWS Lambda: the folder of its code can't be written to, there is no HOME, and of all folders
// only /tmp can be written to. The folder has what esbuild made, or the whole project.
const bootstrap = fileURLToPath(new URL('./harness/lambda-bootstrap.mjs', import.meta.url))

targetTest('lambda', 'the project as it is', ({ folder }) => invoke(folder, [1, 2]), {
  obstacle: writesAnyway,
  prepare: (folder) => addChecks(folder, [1, 2], 'undefined'),
})

targetTest(
  'lambda-esbuild',
  'what esbuild made of it',
  async (project) => {
    await project.run('build')
    await invoke(join(project.folder, 'dist'), [1])
  },
  {
    obstacle: writesAnyway,
    prepare: (folder) =>
      addChecks(folder, [1], "new URL('vit-ti16-imagenet2012-224.safetensors', import.meta.url)"),
  },
)

/** Adds a second handler to the program. */
function addChecks(folder: string, threads: readonly number[], source: string): void {
  addCheck(
    folder,
    'check.mjs',
    `import { load } from 'vitrine'
export const int16 = () => hashInt16(load, { threads: [${threads}], source: () => ${source} })`,
  )
  appendFileSync(join(folder, 'index.mjs'), "export { int16 } from './check.mjs'\n")
}

async function invoke(code: string, threads: readonly number[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-function-'))
  try {
    const task = join(folder, 'task')
    cpSync(code, task, { recursive: true, verbatimSymlinks: true })
    cpSync(bootstrap, join(folder, 'bootstrap.mjs'))
    addPicture(folder)
    await run('chmod', ['-R', 'a+rX,a-w', folder], { cwd: folder })
    const env = { PATH: process.env.PATH, LAMBDA_TASK_ROOT: task }
    const options = { cwd: task, onlyEnv: env, ...unprivileged }
    const output = await run(process.execPath, ['../bootstrap.mjs', '../chelsea.png'], options)
    const { writable, statusCode, body, int16 } = JSON.parse(output)
    assert.equal([writable, statusCode], [false, 200])
    expectPredictions(JSON.parse(body))
    expectInt16(int16, threads)
  } finally {
    await run('chmod', ['-R', 'u+w', folder], { cwd: tmpdir() })
    rmSync(folder, { recursive: true })
  }
}

test.run()
