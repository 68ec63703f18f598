import { platform } from '#platform'
import { withWideFlag } from '../../src/backends/wasm/v8/wide.ts'
import { createCalibrator } from '../drive/calibration.ts'

// The entry of the process that looks at the machine between the turns, on the engines' own Node.
process.on('SIGINT', () => {})
process.once('disconnect', () => process.exit())
run()

async function run(): Promise<void> {
  const calibrator = await createCalibrator(withWideFlag(), () => platform.yield())
  process.send!({ ceilings: calibrator.ceilings })
  process.on('message', () => process.send!({ rate: calibrator.look() }))
}
