/** Addresses for simulated pods: each to one pod at a time, and not soon again to the next. */
import { present } from '#base/assert.ts'
import { addressAt, addressCount, formatIp, parseCidr, type Cidr } from '#base/ip.ts'

/** May be shared by the nodes of a cluster, so that no two of its pods have the same address. */
export class PodAddresses {
  readonly #range: Cidr
  /** Without the network's own address and the last one. */
  readonly #count: number
  readonly #taken = new Set<string>()
  #next = 0

  /** `10.88.0.0/16`. */
  constructor(range: string) {
    this.#range = present(parseCidr(range), `${range} is not a range of addresses`)
    this.#count = Number(addressCount(this.#range)) - 2
  }

  /** Throws when all are taken. */
  take(): string {
    for (let tries = 0; tries < this.#count; tries++) {
      const address = formatIp(addressAt(this.#range, 1 + this.#next)!)
      this.#next = (this.#next + 1) % this.#count
      if (this.#taken.has(address)) continue
      this.#taken.add(address)
      return address
    }
    throw new RangeError(`all ${this.#count} addresses are taken`)
  }

  release(address: string): void {
    this.#taken.delete(address)
  }
}
