import { render } from 'preact'
import { App } from './app.tsx'
import { looking, startLooking } from './state/look.ts'
import { open } from './state/model.ts'
import { keepPage } from './state/offline.ts'
import { view } from './views/route.ts'
import './styles/index.css'

startLooking(view)
render(<App />, document.getElementById('app')!)

await open({ kind: 'embedded' })
// The first answer goes before.
await looking
await keepPage()
