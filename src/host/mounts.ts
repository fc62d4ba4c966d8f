/** world/mounts by mount(8) and umount(8). */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Mounts } from '#world/mounts.ts'

const run = promisify(execFile)
const timeoutMs = 30_000

export function createMounts(): Mounts {
  return {
    async mountMemory(path, sizeBytes) {
      if ((await mountPoints()).includes(path)) return
      await command('mount', ['-t', 'tmpfs', ...(sizeBytes > 0 ? ['-o', `size=${sizeBytes}`] : []), 'tmpfs', path])
    },
    bind: (source, target) => command('mount', ['--no-canonicalize', '--bind', source, target]),
    async unmountAll(path) {
      const below = (await mountPoints()).filter((point) => point === path || point.startsWith(`${path}/`))
      for (const point of below.toSorted((a, b) => b.length - a.length)) await unmount(point)
    },
  }
}

async function command(name: string, args: readonly string[]): Promise<void> {
  try {
    await run(name, [...args], { timeout: timeoutMs })
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    throw new Error(`${name} ${args.join(' ')}: ${stderr.trim() || String(error)}`, { cause: error })
  }
}

/** A mount that is still in use is detached: it goes when its last user does. */
async function unmount(point: string): Promise<void> {
  try {
    await run('umount', ['--no-canonicalize', point], { timeout: timeoutMs })
  } catch (error) {
    if (!(error instanceof Error) || !(await mountPoints()).includes(point)) return
    await command('umount', ['--no-canonicalize', '--lazy', point])
  }
}

/** The fifth field of each line; spaces and the like are written as octal escapes. */
async function mountPoints(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8')
  return text.split('\n').filter((line) => line !== '').map((line) =>
    (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_all, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8))))
}
