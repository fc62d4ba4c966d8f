/**
 * All ranges from which services get their addresses: those that the server was started with, and further ServiceCIDRs.
 */
import type { ServiceCIDR } from '#api/gen/networking-v1.ts'
import { serviceCidr } from '#api/networking/servicecidr/servicecidr.ts'
import { formatCidr, parseCidr, type Cidr } from '#base/ip.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Random } from '#world/random.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeStored } from '../rest/stored-form.ts'
import { IpAllocator, IpError, type AddressOwner } from './ip-allocator.ts'
import type { IpFamily } from './ip-families.ts'

export interface AddressRangesOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** What the server was started with, one for each family; the first is the default. */
  readonly clusterCidrs: readonly Cidr[]
}

/** The one that stands for `clusterCidrs`; the server makes it. */
const defaultName = 'kubernetes'

export class AddressRanges {
  readonly #options: AddressRangesOptions
  /** By range; those of ranges that are gone are forgotten. */
  #allocators: ReadonlyMap<string, IpAllocator> = new Map()
  readonly families: readonly IpFamily[]

  constructor(options: AddressRangesOptions) {
    this.#options = options
    this.families = options.clusterCidrs.map(({ address }) => (address.family === 4 ? 'IPv4' : 'IPv6'))
  }

  /** Takes this address, or any where `text` is empty. Throws IpError. */
  async take(family: IpFamily, text: string, owner: AddressOwner, dryRun: boolean): Promise<string> {
    const allocators = this.#current().filter((allocator) => allocator.family === family)
    if (text !== '') {
      const own = allocators.find((allocator) => allocator.contains(text)) ?? allocators[0]
      if (!own) throw new IpError('no ServiceCIDR is ready')
      return await own.allocate(text, owner, dryRun)
    }
    let failure = new IpError('no ServiceCIDR is ready')
    for (const allocator of allocators) {
      try {
        return await allocator.allocateNext(owner, dryRun)
      } catch (error) {
        if (!(error instanceof IpError)) throw error
        failure = error
      }
    }
    throw failure
  }

  /** From whichever range the address was, even one that is gone. */
  async release(text: string): Promise<void> {
    if (text !== 'None' && text !== '') await this.#current()[0]?.release(text)
  }

  /** The ranges that were there first, first. */
  #current(): readonly IpAllocator[] {
    const known = this.#allocators
    const cidrs = this.#usable()
    const isSame = cidrs.length === known.size && cidrs.every((cidr) => known.has(formatCidr(cidr)))
    if (!isSame) {
      this.#allocators = new Map(cidrs.map((cidr) => {
        const text = formatCidr(cidr)
        return [text, known.get(text) ?? new IpAllocator(cidr, this.#options)]
      }))
    }
    return [...this.#allocators.values()]
  }

  #usable(): readonly Cidr[] {
    const { store, clusterCidrs } = this.#options
    const objects = store.current().list(collectionRange(serviceCidr, ''))
      .map((entry) => decodeStored<ServiceCIDR>(entry))
    const further = objects
      .filter((object) => object.metadata.name !== defaultName && isReady(object))
      .toSorted((a, b) => compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp))
      .flatMap(({ spec }) => (spec?.cidrs ?? []).map(parseCidr).filter((cidr) => cidr !== undefined))
    const isGoing = objects.find(({ metadata }) => metadata.name === defaultName)?.metadata.deletionTimestamp
    return isGoing ? further : [...clusterCidrs, ...further]
  }
}

function isReady({ metadata, status }: Stored<ServiceCIDR>): boolean {
  return metadata.deletionTimestamp === undefined
    && findCondition(status?.conditions ?? [], 'Ready')?.status === 'True'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
