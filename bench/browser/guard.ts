import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * Has a process group end with this process, however that ends: a shell waits at a pipe, which closes even
 * when this process is killed. Windows has neither groups nor that shell; nothing is guarded there.
 * @param pid of the group's first process
 * @returns what ends the guard when the group has ended
 */
export function guardGroup(pid: number): () => void {
  if (process.platform === 'win32') return () => {}
  const script = 'read -r word; [ "$word" = over ] || kill -s KILL -- "-$0"'
  const shell = spawn('/bin/sh', ['-c', script, String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without a shell the group is as unguarded as on Windows.
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  ;(shell.stdin as unknown as Socket).unref()
  return () => void shell.stdin.end('over\n')
}
