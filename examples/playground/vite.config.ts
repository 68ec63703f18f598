import { defineConfig } from 'vite'
import { serviceWorker } from './plugins/service-worker.ts'

/** With these headers a page may have threads. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig({
  // The page works in any folder of any host.
  base: './',
  build: { target: 'es2022' },
  worker: { format: 'es' },
  plugins: [serviceWorker()],
  // vitrine and the example pictures lie above this folder.
  server: { headers, fs: { allow: ['../..'] } },
  preview: { headers },
})
