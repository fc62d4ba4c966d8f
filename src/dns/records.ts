/** Every name that the cluster's DNS knows, kept by Service: the Kubernetes DNS specification 1.1.0 as data. */
import type { Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'

export type DnsRecord =
  | { readonly type: 'A'; readonly data: string }
  | { readonly type: 'AAAA'; readonly data: string }
  | { readonly type: 'CNAME'; readonly data: string }
  | { readonly type: 'PTR'; readonly data: string }
  | {
      readonly type: 'SRV'
      readonly data: {
        readonly priority: number
        readonly weight: number
        readonly port: number
        readonly target: string
      }
    }

/** A full name in lower case without the last dot, and one of its records. */
export interface NamedRecord {
  readonly name: string
  readonly record: DnsRecord
}

/** All records of one Service. */
export function recordsOf(
  service: Stored<Service>,
  slices: readonly Stored<EndpointSlice>[],
  zone: string,
): NamedRecord[] {
  const spec = service.spec
  if (!spec) return []
  const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${zone}`.toLowerCase()
  if (spec.type === 'ExternalName') {
    return spec.externalName
      ? [{ name: base, record: { type: 'CNAME', data: spec.externalName.replace(/\.$/, '') } }]
      : []
  }
  if (spec.clusterIP === 'None') return headlessRecords(base, slices)
  const records: NamedRecord[] = []
  for (const address of spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])) {
    records.push(
      { name: base, record: addressRecord(address) },
      { name: reverseName(address), record: { type: 'PTR', data: base } },
    )
  }
  for (const port of spec.ports ?? []) {
    if (port.name) records.push(serviceRecord(base, port.name, port.protocol ?? 'TCP', port.port, base))
  }
  return records
}

function headlessRecords(base: string, slices: readonly Stored<EndpointSlice>[]): NamedRecord[] {
  const records = new Map<string, NamedRecord>()
  const add = (named: NamedRecord): void => { records.set(JSON.stringify(named), named) }
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false) continue
      for (const address of endpoint.addresses) {
        const host = `${(endpoint.hostname ?? dashed(address)).toLowerCase()}.${base}`
        add({ name: base, record: addressRecord(address) })
        add({ name: host, record: addressRecord(address) })
        if (endpoint.hostname) add({ name: reverseName(address), record: { type: 'PTR', data: host } })
        for (const port of slice.ports ?? []) {
          if (port.name && port.port !== undefined) {
            add(serviceRecord(base, port.name, port.protocol ?? 'TCP', port.port, host))
          }
        }
      }
    }
  }
  return [...records.values()]
}

function serviceRecord(base: string, portName: string, protocol: string, port: number, target: string): NamedRecord {
  return {
    name: `_${portName}._${protocol}.${base}`.toLowerCase(),
    record: { type: 'SRV', data: { priority: 0, weight: 100, port, target } },
  }
}

function addressRecord(address: string): DnsRecord {
  return { type: address.includes(':') ? 'AAAA' : 'A', data: address }
}

function dashed(address: string): string {
  return address.replaceAll('.', '-').replaceAll(':', '-')
}

/** `10.96.0.1` → `1.0.96.10.in-addr.arpa`; IPv6 by nibbles under ip6.arpa. */
export function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return `${[...groups.map((group) => group.padStart(4, '0')).join('')].toReversed().join('.')}.ip6.arpa`
}

/** All names of all Services, with what exists only because something below it does ("empty non-terminals"). */
export class RecordIndex {
  readonly zone: string
  readonly #owners = new Map<string, readonly NamedRecord[]>()
  readonly #records = new Map<string, DnsRecord[]>()
  /** How many records lie at or below a name of the zone. */
  readonly #below = new Map<string, number>()
  /** Changes with every change, so that answers made before can be told from current ones. */
  version = 0

  constructor(zone: string) {
    this.zone = zone
  }

  /** Replaces all names of one Service (`namespace/name`); an empty list forgets it. */
  set(owner: string, records: readonly NamedRecord[]): void {
    this.version++
    for (const { name, record } of this.#owners.get(owner) ?? []) {
      const remaining = this.#records.get(name)?.filter((other) => other !== record) ?? []
      if (remaining.length > 0) this.#records.set(name, remaining)
      else this.#records.delete(name)
      this.#count(name, -1)
    }
    if (records.length > 0) this.#owners.set(owner, records)
    else this.#owners.delete(owner)
    for (const { name, record } of records) {
      this.#records.set(name, [...(this.#records.get(name) ?? []), record])
      this.#count(name, 1)
    }
  }

  find(name: string): readonly DnsRecord[] {
    return this.#records.get(name) ?? []
  }

  /** The name has records of its own, or names below it. */
  exists(name: string): boolean {
    return name === this.zone || this.#below.has(name)
  }

  #count(name: string, change: number): void {
    for (let at = name; at !== '' && at !== this.zone; at = at.slice(at.indexOf('.') + 1)) {
      const now = (this.#below.get(at) ?? 0) + change
      if (now > 0) this.#below.set(at, now)
      else this.#below.delete(at)
      if (!at.includes('.')) break
    }
  }
}
