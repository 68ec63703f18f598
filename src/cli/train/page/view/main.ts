import { apply, emptyRecord, type Message, type RunRecord } from '../messages.ts'
import { Curves } from './curves.ts'
import { Evaluations } from './evaluation.ts'
import { Header } from './header.ts'

/** What the command puts into the page. */
export interface PageData {
  readonly title: string
  /** Absent in a page that is told by the command as it happens. */
  readonly record?: RunRecord
}

const root = document.getElementById('vitrine-training')!
const { title, record: given }: PageData = JSON.parse(
  document.getElementById('vitrine-training-data')!.textContent!,
)

let record = given ?? emptyRecord()
let connection: string | undefined
const header = new Header()
const curves = new Curves()
const evaluations = new Evaluations()
root.classList.add('vitrine-training')
root.replaceChildren(header.element, curves.element, evaluations.element)

function show(): void {
  header.show(record, title, connection)
  curves.show(record)
  evaluations.show(record)
}

/** Updates may come faster than they can be seen. */
const PAUSE = 250
let waits = false
function showSoon(): void {
  if (waits) return
  waits = true
  setTimeout(() => {
    waits = false
    show()
  }, PAUSE)
}

show()
if (!given) listen()

/** Follows the run. The browser connects again by itself, and is then told everything from the start. */
function listen(): void {
  const events = new EventSource('events')
  events.addEventListener('record', ({ data }) => {
    connection = undefined
    record = JSON.parse(data)
    showSoon()
    endIfOver()
  })
  events.addEventListener('message', ({ data }) => {
    apply(record, JSON.parse(data) as Message)
    showSoon()
    endIfOver()
  })
  events.addEventListener('error', () => {
    connection = 'Connection lost'
    showSoon()
  })
  function endIfOver(): void {
    if (record.state.phase === 'finished' || record.state.phase === 'stopped') events.close()
  }
}
