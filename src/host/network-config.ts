/** world/network-config on Linux: `ip -batch`, and /proc/sys for switches. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { NetworkChange, NetworkConfig } from '#world/network-config.ts'

const run = promisify(execFile)
const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
const outputLimitBytes = 16 * 1024 * 1024

export function createNetworkConfig(): NetworkConfig {
  return { apply, removeInterface, addresses }
}

async function apply(changes: readonly NetworkChange[]): Promise<void> {
  for (const change of changes) {
    switch (change.type) {
      case 'bridge':
        if (!(await interfaceExists(change.name))) await ip('link', 'add', change.name, 'type', 'bridge')
        await ip('link', 'set', change.name, ...(change.mtu === undefined ? [] : ['mtu', String(change.mtu)]), 'up')
        break
      case 'address': await ip('address', 'replace', change.cidr, 'dev', change.interface); break
      case 'route':
        await ip(
          'route',
          'replace',
          change.cidr,
          ...(change.via === undefined ? [] : ['via', change.via]),
          'dev',
          change.interface,
        )
        break
      case 'port':
        await ip('link', 'set', change.interface, 'master', change.bridge)
        await ip('link', 'set', change.interface, 'type', 'bridge_slave', 'hairpin', 'on')
        break
      case 'sysctl': await setSysctl(change.name, change.value); break
    }
  }
}

async function removeInterface(name: string): Promise<void> {
  if (await interfaceExists(name)) await ip('link', 'delete', name)
}

interface IpAddressEntry {
  readonly ifname: string
  readonly flags: readonly string[]
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly scope: string }[]
}

async function addresses(): Promise<readonly string[]> {
  const [links, routes] = await Promise.all([ip('-j', 'address', 'show', 'up'), ip('-j', 'route', 'show', 'default')])
  const preferred = (JSON.parse(routes) as readonly { readonly dev?: string }[])[0]?.dev
  const entries = (JSON.parse(links) as readonly IpAddressEntry[]).filter((entry) => !entry.flags.includes('LOOPBACK'))
  const ordered = entries.toSorted((a, b) => Number(b.ifname === preferred) - Number(a.ifname === preferred))
  return ordered.flatMap((entry) =>
    entry.addr_info.filter((info) => info.scope === 'global' && info.family === 'inet').map((info) => info.local),
  )
}

async function interfaceExists(name: string): Promise<boolean> {
  try {
    await ip('link', 'show', 'dev', name)
    return true
  } catch {
    // `ip` fails for an interface that is not there; any other trouble shows in the command that follows.
    return false
  }
}

async function setSysctl(name: string, value: string): Promise<void> {
  const file = join('/proc/sys', name.replaceAll('.', '/'))
  if ((await readFile(file, 'utf8')).trim() !== value) await writeFile(file, value)
}

async function ip(...words: string[]): Promise<string> {
  try {
    const { stdout } = await run('ip', words, { env: environment, maxBuffer: outputLimitBytes })
    return stdout
  } catch (error) {
    throw new Error(`ip ${words.join(' ')}: ${String((error as { stderr?: string }).stderr ?? error).trim()}`, {
      cause: error,
    })
  }
}
