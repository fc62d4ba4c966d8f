/** The address under which other machines (and pods) reach this one. */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

/**
 * The IPv4 address of the default route's interface, else the first that is not loopback; undefined for a machine
 * without a network.
 */
export function machineAddress(): string | undefined {
  const all = Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? [])
      .filter((entry) => entry.family === 'IPv4' && !entry.internal)
      .map((entry) => ({ name, address: entry.address })),
  )
  const ours = all.filter(({ name }) => !/^skiff\d+$/.test(name))
  const preferred = defaultInterface()
  return (ours.find(({ name }) => name === preferred) ?? ours[0])?.address
}

function defaultInterface(): string | undefined {
  try {
    const lines = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1)
    return lines
      .map((line) => line.split('\t'))
      .find((fields) => fields[1] === '00000000' && fields[7] === '00000000')?.[0]
  } catch {
    // Not Linux: any interface will do.
    return undefined
  }
}
