import { test } from 'uvu'
import { sharedTest } from '../shared.ts'
import { allBackends } from './model.ts'
import { compareRelative, rows } from './relatives.ts'

for (const backend of await allBackends()) {
  for (const row of rows) {
    sharedTest(`${row.golden} ${row.name} on ${backend.description.split(':')[0]}`, () =>
      compareRelative(backend, row),
    )
  }
}

test.run()
