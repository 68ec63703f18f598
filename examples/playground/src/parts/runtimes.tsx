import { useSignal } from '@preact/signals'
import { type Runtime, runtimes } from '../engine/types.ts'
import { durationText } from '../format.ts'
import { looking } from '../state/look.ts'
import { availableRuntimes, model, open, opening, times } from '../state/model.ts'

const words: Readonly<Record<Runtime, readonly [title: string, detail: string]>> = {
  f32: ['f32', 'exact'],
  int16: ['int16', 'the same bits everywhere'],
  int8: ['int8', 'smallest'],
  webgpu: ['WebGPU', 'on the graphics processor'],
}

/** Chooses what computes, and shows how long each takes here. */
export function Runtimes() {
  const comparing = useSignal(false)
  const current = model.value
  const chosen = opening.value?.runtime ?? current?.runtime ?? 'f32'
  const fastest = Math.min(...times.value.values())

  async function compare() {
    if (!current) return
    const { source, runtime } = current
    comparing.value = true
    for (const one of availableRuntimes.value) {
      if (times.peek().has(one)) continue
      if (!(await open(source, one))) break
      await looking
    }
    if (model.peek()?.runtime !== runtime) await open(source, runtime)
    comparing.value = false
  }

  return (
    <section class="card" aria-labelledby="runs-on">
      <div class="card-head">
        <h3 id="runs-on">Runs on</h3>
        <button
          type="button"
          class="quiet"
          disabled={
            !current || comparing.value || times.value.size === availableRuntimes.value.length
          }
          onClick={compare}
        >
          {comparing.value ? 'Measuring…' : 'Measure all'}
        </button>
      </div>
      <div class="runtimes" role="radiogroup" aria-labelledby="runs-on">
        {runtimes.map((runtime) => {
          const [title, detail] = words[runtime]
          const time = times.value.get(runtime)
          const isMissing = !availableRuntimes.value.includes(runtime)
          return (
            <label key={runtime} class="runtime">
              <input
                type="radio"
                name="runtime"
                value={runtime}
                checked={runtime === chosen}
                disabled={isMissing || !current || comparing.value}
                onChange={() => current && open(current.source, runtime)}
              />
              <span class="name">{title}</span>
              <span class="detail">{isMissing ? 'not in this browser' : detail}</span>
              <span class="value">{time === undefined ? '' : durationText(time)}</span>
              <span class="bar" style={{ '--share': time ? fastest / time : 0 }} />
            </label>
          )
        })}
      </div>
      <p class="note">
        {current && (
          <>
            {current.loaded.threads.count === 1
              ? '1 thread'
              : `${current.loaded.threads.count} threads`}
            {' · the model alone, median of its runs; longer is faster'}
          </>
        )}
      </p>
    </section>
  )
}
