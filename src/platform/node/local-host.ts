/**
 * Whether a request's Host names this machine itself. A foreign name may resolve to it too, as its owner likes, and then
 * a page from there could read what a server says to its own page.
 * @param host the header
 * @param port on which the server listens
 */
export function isLocalHost(host: string | undefined, port: number): boolean {
  const [name = '', given] = (host ?? '').split(':')
  const isLocal = name === '127.0.0.1' || name === 'localhost' || name.endsWith('.localhost')
  return isLocal && given === String(port)
}
