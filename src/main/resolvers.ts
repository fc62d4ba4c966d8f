/** Where this machine asks for names: the text of a resolv.conf that also holds inside of pods. */
import { readFileSync } from 'node:fs'
import type { Log } from '#world/log.ts'

const systemFile = '/etc/resolv.conf'
/**
 * systemd-resolved writes the real servers here, and its own address on the loopback interface into the system's file.
 */
const resolvedFile = '/run/systemd/resolve/resolv.conf'

/**
 * The file to use, and its text: empty (with a warning) on a machine that has none, where only the cluster's
 * own names resolve.
 */
export function nodeResolvers(log: Log): { readonly file: string; readonly text: string } {
  const text = readOrEmpty(systemFile)
  if (isLoopbackOnly(text)) {
    const real = readOrEmpty(resolvedFile)
    if (nameservers(real).length > 0) return { file: resolvedFile, text: real }
  }
  if (nameservers(text).length === 0) {
    log.warn('this machine has no resolver; names outside the cluster will not resolve', { file: systemFile })
  }
  return { file: systemFile, text }
}

/** Pure: whether pods, which have loopback interfaces of their own, can reach none of the servers. */
export function isLoopbackOnly(text: string): boolean {
  const servers = nameservers(text)
  return servers.length > 0 && servers.every((server) => server.startsWith('127.') || server === '::1')
}

function nameservers(text: string): string[] {
  return text.split('\n').flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not there: the machine has no resolver, or not this one.
    return ''
  }
}
