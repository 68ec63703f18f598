import type http from 'node:http'
import { BlockList, isIP } from 'node:net'
import { ArgumentError, UnsupportedError } from '../../errors.ts'
import { nameOfUrl } from '../url-name.ts'
import { readVariable } from './environment.ts'

/**
 * The proxy agent for a URL, from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY in upper or lower case.
 * @throws ArgumentError for a malformed proxy URL, UnsupportedError for proxies other than HTTP
 */
export async function proxyAgent(url: URL): Promise<http.Agent | undefined> {
  if (isExempt(url)) return undefined
  const { getProxyForUrl } = await import('proxy-from-env')
  const text = getProxyForUrl(url.href)
  if (text === '') return undefined
  const proxy = parseProxy(text)
  return url.protocol === 'https:'
    ? new (await import('https-proxy-agent')).HttpsProxyAgent(proxy)
    : new (await import('http-proxy-agent')).HttpProxyAgent(proxy)
}

const variables = 'HTTPS_PROXY, HTTP_PROXY or ALL_PROXY'

function parseProxy(text: string): URL {
  if (!URL.canParse(text)) {
    throw new ArgumentError(`${variables} is not a URL: ${nameOfUrl(text)}`)
  }
  const proxy = new URL(text)
  if (!/^https?:$/.test(proxy.protocol)) {
    throw new UnsupportedError(
      `${variables} names a ${proxy.protocol} proxy, ${nameOfUrl(proxy)}; http and https proxies work.`,
    )
  }
  try {
    // The agents decode them when they connect.
    decodeURIComponent(proxy.username + proxy.password)
  } catch {
    throw new ArgumentError(
      `The user or the password in ${variables} has a malformed percent-encoding; write a percent sign as %25.`,
    )
  }
  return proxy
}

/**
 * Whether NO_PROXY exempts a host, by curl's rules: a domain includes its subdomains, addresses may be in
 * brackets or be ranges (`10.0.0.0/8`, `::1`, `fd00::/8`), and a port may follow. Wildcards (`*.example.org`)
 * work as in proxy-from-env.
 */
export function isExempt({ hostname, port, protocol }: URL): boolean {
  const text = readVariable('no_proxy') || readVariable('NO_PROXY') || ''
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const asked = port || (protocol === 'https:' ? '443' : '80')
  return text
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
    .some((entry) => entry === '*' || names(entry, host, asked))
}

function names(entry: string, host: string, asked: string): boolean {
  const { name, port } = splitPort(entry)
  if (port !== undefined && port !== asked) return false
  if (isIP(host) > 0) return hasAddress(name, host)
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '')
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`))
}

/** Splits `host:80` or `[::1]:80`; a bare IPv6 address has no port. */
function splitPort(entry: string): { name: string; port?: string } {
  const [, bracketed, behind] = /^\[(.+)\](?::(\d+))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return { name: bracketed, ...(behind && { port: behind }) }
  const [, name, port] = /^([^:]+):(\d+)$/.exec(entry) ?? []
  return name === undefined ? { name: entry } : { name, port: port! }
}

function hasAddress(name: string, host: string): boolean {
  const [address, bits] = name.split('/') as [string, string?]
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4')
  if (isIP(address) === 0 || family(address) !== family(host)) return false
  const most = isIP(address) === 6 ? 128 : 32
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)) return false
  const list = new BlockList()
  list.addSubnet(address, Number(bits ?? most), family(address))
  return list.check(host, family(host))
}
