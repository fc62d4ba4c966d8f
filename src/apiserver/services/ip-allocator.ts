/**
 * Cluster IPs: addresses that no two services share. An address is taken by creating its IPAddress object, which only
 * one writer can do,
 * so that API servers beside each other never give the same one twice.
 */
import type { IPAddress } from '#api/gen/networking-v1.ts'
import { allocatedLabels } from '#api/networking/ipaddress/ipaddress-labels.ts'
import { ipAddress } from '#api/networking/ipaddress/ipaddress.ts'
import {
  addressAt,
  addressCount,
  cidrContains,
  formatIp,
  indexInCidr,
  networkOf,
  parseIp,
  type Cidr,
} from '#base/ip.ts'
import { formatTime } from '#machinery/time.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Random } from '#world/random.ts'
import { objectKeyInStore } from '../rest/keys.ts'
import { encodeStored } from '../rest/stored-form.ts'

/** The message is upstream's. */
export class IpError extends Error {}

export interface AddressOwner {
  readonly namespace: string
  readonly name: string
}

const randomTries = 16

export class IpAllocator {
  readonly family: 'IPv4' | 'IPv6'
  readonly #cidr: Cidr
  readonly #store: Store
  readonly #clock: Clock
  readonly #random: Random
  /** Indices of usable addresses: the network's own and IPv4's broadcast are not. */
  readonly #first = 1n
  readonly #last: bigint
  /** Addresses below are left to those who ask for a certain one, until the rest is used up (KEP-3070). */
  readonly #firstDynamic: bigint

  constructor(cidr: Cidr, context: { readonly store: Store; readonly clock: Clock; readonly random: Random }) {
    this.family = cidr.address.family === 4 ? 'IPv4' : 'IPv6'
    this.#cidr = networkOf(cidr)
    this.#store = context.store
    this.#clock = context.clock
    this.#random = context.random
    const size = addressCount(cidr)
    this.#last = cidr.address.family === 4 ? size - 2n : size - 1n
    const wanted = size / 16n
    const reserved = size < 16n ? 0n : wanted < 16n ? 16n : wanted > 256n ? 256n : wanted
    this.#firstDynamic = reserved < this.#last ? this.#first + reserved : this.#first
  }

  /** Takes this address. Throws IpError. */
  async allocate(text: string, owner: AddressOwner, dryRun: boolean): Promise<string> {
    const address = parseIp(text)
    const index = address && indexInCidr(this.#cidr, address)
    if (!address || index === undefined || index < this.#first || index > this.#last) {
      const range = `${formatIp(this.#cidr.address)}/${this.#cidr.prefixLength}`
      throw new IpError(`the provided IP (${text}) is not in the valid range. The range of valid IPs is ${range}`)
    }
    const canonical = formatIp(address)
    if (!await this.#take(canonical, owner, dryRun)) throw new IpError('provided IP is already allocated')
    return canonical
  }

  /** Takes any address. Throws IpError. */
  async allocateNext(owner: AddressOwner, dryRun: boolean): Promise<string> {
    const found = await this.#search(this.#firstDynamic, this.#last, owner, dryRun)
      ?? await this.#search(this.#first, this.#firstDynamic - 1n, owner, dryRun)
    if (found === undefined) throw new IpError('range is full')
    return found
  }

  async release(text: string): Promise<void> {
    const key = this.#key(text)
    for (let entry = this.#store.current().get(key); entry;) {
      const result = await this.#store.swap(key, entry.modRevision, { type: 'delete' })
      if (result.type === 'swapped') return
      entry = result.current
    }
  }

  contains(text: string): boolean {
    const address = parseIp(text)
    return address !== undefined && cidrContains(this.#cidr, address)
  }

  #key(text: string): string {
    return objectKeyInStore(ipAddress, '', text)
  }

  async #search(first: bigint, last: bigint, owner: AddressOwner, dryRun: boolean): Promise<string | undefined> {
    const size = Number(last - first) + 1
    if (size <= 0) return undefined
    const at = (offset: number): string => formatIp(addressAt(this.#cidr, first + BigInt(offset))!)
    for (let i = 0; i < Math.min(randomTries, size); i++) {
      const text = at(Math.floor(this.#random.next() * size))
      if (await this.#take(text, owner, dryRun)) return text
    }
    // Nearly full: look at every address once.
    const start = Math.floor(this.#random.next() * size)
    const view = this.#store.current()
    for (let i = 0; i < size; i++) {
      const text = at((start + i) % size)
      if (!view.get(this.#key(text)) && await this.#take(text, owner, dryRun)) return text
    }
    return undefined
  }

  async #take(text: string, owner: AddressOwner, dryRun: boolean): Promise<boolean> {
    const key = this.#key(text)
    if (this.#store.current().get(key)) return false
    if (dryRun) return true
    const object: IPAddress = {
      kind: 'IPAddress', apiVersion: 'networking.k8s.io/v1',
      metadata: {
        name: text, uid: this.#random.uuid(), creationTimestamp: formatTime(this.#clock.now()),
        labels: allocatedLabels(this.#cidr.address),
      },
      spec: { parentRef: { resource: 'services', namespace: owner.namespace, name: owner.name } },
    }
    const result = await this.#store.swap(key, 0, { type: 'put', value: encodeStored(object) })
    return result.type === 'swapped'
  }
}
