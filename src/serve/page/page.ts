import { unpack } from '../../inlined/unpack.ts'
import type { Call } from '../call.ts'
import { encodeBase64 } from '../http/image-text.ts'

/** The page does not change while a server runs. */
let made: Promise<{ readonly html: string; readonly policy: string }> | undefined

/** `GET /`: a page to try the models by hand. Its policy allows its own script and style, and requests to this server. */
export async function page(_: Call): Promise<Response> {
  made ??= make()
  const { html, policy } = await made
  return new Response(html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    },
  })
}

async function make() {
  const packed = (await import('#inline/serve-page')).default
  const html = new TextDecoder().decode(await unpack(packed))
  const [script, style] = await Promise.all([hashOf(html, 'script'), hashOf(html, 'style')])
  const policy = [
    "default-src 'none'",
    `script-src ${script}`,
    `style-src ${style}`,
    'img-src blob: data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return { html, policy }
}

/** The source of a policy that allows what stands in an element of the page. */
async function hashOf(html: string, element: string): Promise<string> {
  const [, text] = new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`).exec(html)!
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `'sha256-${encodeBase64(new Uint8Array(hash))}'`
}
