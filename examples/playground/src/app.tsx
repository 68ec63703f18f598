import { useEffect } from 'preact/hooks'
import { Drop } from './parts/drop.tsx'
import { ModelButton, Models } from './parts/models.tsx'
import { Stage } from './parts/stage.tsx'
import { Status } from './parts/status.tsx'
import { Strip } from './parts/strip.tsx'
import { worksOffline } from './state/offline.ts'
import { views } from './views/index.ts'
import { view } from './views/route.ts'

export function App() {
  const { Panel, Below, showsPicture, title, id } = view.value
  useEffect(() => {
    document.title = `${title} · vitrine playground`
  }, [title])
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="masthead">
        <h1>
          vitrine <span>playground</span>
        </h1>
        <nav aria-label="Views">
          {views.map((one) => (
            <a
              key={one.id}
              href={`#${one.id}`}
              {...(one.id === id && { 'aria-current': 'page' as const })}
            >
              {one.title}
            </a>
          ))}
        </nav>
        <ModelButton />
      </header>
      <main id="main" tabIndex={-1} aria-label={title} class={showsPicture ? 'with-picture' : ''}>
        {showsPicture && (
          <div class="exhibit">
            <Stage />
            <Strip />
            {Below && <Below />}
          </div>
        )}
        <div class="panel">
          <Panel />
        </div>
      </main>
      <footer>
        <p>
          Everything is computed on this device; no picture leaves it.
          {worksOffline.value && ' This page works offline now.'}
        </p>
        <p>
          Photographs: Stéfan van der Walt, Rachel Michetti, SpaceX, US Navy. Weights: Google
          Research, Apache-2.0.
        </p>
      </footer>
      <Status />
      <Models />
      <Drop />
    </>
  )
}
