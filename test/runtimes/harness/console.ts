import { spawnSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { expectAnswer, expectInt16 } from '../expect.ts'
import { addCheck, addPicture } from './check.ts'
import { run } from './commands.ts'
import { manifestOf } from './packages.ts'
import { targetTest } from './project.ts'

/**
 * A test of a program that prints its answer, as `npm start` runs it.
 * @param command the runtime, which takes the place of the script's first word
 */
export function consoleTest(target: string, command: string): void {
  const version = command && spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout
  targetTest(
    target,
    `${version ? `${version.split('\n')[0]} ` : ''}classifies, and int16 has its bits`,
    async ({ folder }) => {
      const [, ...args] = manifestOf(folder).scripts!.start!.split(' ')
      expectAnswer((await run(command, args, { cwd: folder })).trimEnd())
      const check = await run(command, [...args.slice(0, -1), 'check.js'], { cwd: folder })
      const [found, ...more] = check.trimEnd().split('\n')
      assert.equal(more, [])
      expectInt16(JSON.parse(found!))
    },
    { obstacle: version ? undefined : `there is no ${command || target}`, prepare },
  )
}

function prepare(folder: string): void {
  addPicture(folder)
  addCheck(
    folder,
    'check.js',
    `import { load } from 'vitrine'
console.log(JSON.stringify(await hashInt16(load)))`,
  )
}
