import { defineConfig } from 'vite'

// A page that is cross-origin isolated has threads. A server sends the same two headers with what was built.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig({ server: { headers } })
