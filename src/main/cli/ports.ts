/** Who holds a TCP port of this machine. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

/** `forbidden`: this user may not listen there (a port below 1024 without root). */
export function probePort(port: number): Promise<'free' | 'held' | 'forbidden'> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EACCES' ? 'forbidden' : 'held'))
    // The address that the servers will listen on: every holder of the port on any address is in their way.
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve('free')))
  })
}

/** `pid 812 (k3s)`, or undefined when it cannot be told (no /proc, another user's process). */
export function describePortHolder(port: number): string | undefined {
  const inodes = new Set(
    [...listeningInodes('/proc/net/tcp', port), ...listeningInodes('/proc/net/tcp6', port)].map(
      (inode) => `socket:[${inode}]`,
    ),
  )
  if (inodes.size === 0) return undefined
  for (const pid of readNames('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of readNames(`/proc/${pid}/fd`)) {
      if (inodes.has(readTarget(`/proc/${pid}/fd/${descriptor}`))) {
        return `pid ${pid} (${readText(`/proc/${pid}/comm`).trim()})`
      }
    }
  }
  return undefined
}

/** Lines of /proc/net/tcp: `N: ADDRESS:PORT REMOTE STATE … INODE`, numbers in hex; state 0A listens. */
function listeningInodes(file: string, port: number): string[] {
  return readText(file).split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const local = fields[1]?.split(':')[1]
    return fields[3] === '0A' && local !== undefined && Number.parseInt(local, 16) === port ? [fields[9]!] : []
  })
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // The process has ended meanwhile, or is not ours to look into.
    return []
  }
}

function readTarget(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    // Closed meanwhile.
    return ''
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // No /proc here.
    return ''
  }
}
