import { useSignal } from '@preact/signals'
import { type Loaded, type Runtime, runtimes } from '../engine/types.ts'
import { durationText } from '../format.ts'
import { camera } from '../state/camera.ts'
import { looking } from '../state/look.ts'
import { availableRuntimes, hasGpu, model, open, opening, times } from '../state/model.ts'
import { worksOffline } from '../state/offline.ts'

const words: Readonly<Record<Runtime, readonly [title: string, detail: string]>> = {
  f32: ['f32', 'full precision'],
  int16: ['int16', 'same bits everywhere'],
  int8: ['int8', 'least memory'],
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
            !current?.loaded.classifies ||
            comparing.value ||
            camera.value !== undefined ||
            times.value.size === availableRuntimes.value.length
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
              <span class="detail">
                {isMissing && hasGpu.value === false ? 'no GPU here' : detail}
              </span>
              <span class="value">{time === undefined ? '' : durationText(time)}</span>
              <span class="bar" style={{ '--share': time ? fastest / time : 0 }} />
            </label>
          )
        })}
      </div>
      {current && (
        <p class="note">
          {whereText(current.loaded)}. Times are of the model alone, the median of its runs; a
          longer bar is faster.
        </p>
      )}
    </section>
  )
}

/** A host that sends no headers for threads gets them from the service worker, from the second visit on. */
function whereText({ backend, threads: { count } }: Loaded): string {
  if (backend === 'webgpu') return 'On the GPU'
  const more =
    worksOffline.value && !crossOriginIsolated ? '; more once the page is loaded again' : ''
  return `${count} ${count === 1 ? 'thread' : 'threads'}${more}`
}
