import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'

const binary = process.env.VITRINE_NATS

/** Why there is no server to test with. */
export const noNats =
  binary === undefined || binary === ''
    ? 'VITRINE_NATS names no nats-server'
    : spawnSync(binary, ['--version']).status === 0
      ? undefined
      : `${binary} does not run`

/** Since 2.10; then all that was acknowledged is on the disk. */
const syncsAlways = () => {
  const { stdout } = spawnSync(binary!, ['--version'], { encoding: 'utf8' })
  const [, major, minor] = /v(\d+)\.(\d+)/.exec(stdout) ?? []
  return Number(major) > 2 || Number(minor) >= 10
}

/** A server with JetStream, which can be killed and started again. */
export async function natsServer(folder: string) {
  const store = `${folder}/store`
  const port = await freePort()
  mkdirSync(store, { recursive: true })
  const config = `${folder}/nats.conf`
  const sync = syncsAlways() ? '\n  sync_interval: always' : ''
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"\njetstream {\n  store_dir: "${store}"${sync}\n}\n`,
  )
  let server: ReturnType<typeof spawn> | undefined
  const start = async () => {
    server = spawn(binary!, ['-c', config], { stdio: 'ignore' })
    while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const kill = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  process.on('exit', () => server?.kill('SIGKILL'))
  await start()
  return {
    url: `nats://127.0.0.1:${port}`,
    start,
    kill,
    /** Of a server that does not run. */
    forgetAll: () => {
      rmSync(store, { recursive: true })
      mkdirSync(store)
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
