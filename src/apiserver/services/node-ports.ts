/**
 * Node ports, kept where all API servers of a cluster see them: upstream's RangeAllocation at
 * `/registry/ranges/servicenodeports`, a bitmap that is only ever changed from the version that was read.
 */
import { base64Decode, base64Encode } from '#base/bytes.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import type { Entry, Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Random } from '#world/random.ts'
import { decodeStored, encodeStored } from '../rest/stored-form.ts'
import { PortAllocator, type PortRange } from './port-allocator.ts'

export interface NodePortsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly range: PortRange
  /** What the services in the store have: the bitmap is made of them when there is none. */
  readonly inServices: () => Iterable<number>
}

export const nodePortsKey = '/registry/ranges/servicenodeports'

export class NodePorts {
  readonly #options: NodePortsOptions

  constructor(options: NodePortsOptions) {
    this.#options = options
  }

  /** Takes this port; with `dryRun` only looks whether it could. Throws PortError. */
  allocate(port: number, dryRun: boolean): Promise<void> {
    return this.#change((ports) => ports.allocate(port), dryRun)
  }

  /** Takes any port. Throws PortError. */
  allocateNext(dryRun: boolean): Promise<number> {
    return this.#change((ports) => ports.allocateNext(), dryRun)
  }

  async release(numbers: readonly number[]): Promise<void> {
    if (numbers.length === 0) return
    await this.#change((ports) => { for (const port of numbers) ports.release(port) }, false)
  }

  /** Takes what services have and the bitmap has not, and lets go of `leaked`. Gives the ports that no service has. */
  async repair(leaked: ReadonlySet<number>): Promise<readonly number[]> {
    const used = new Set(this.#options.inServices())
    const { ports } = this.#read()
    const orphans = ports.used().filter((port) => !used.has(port))
    const missing = [...used].filter((port) => !ports.has(port))
    const gone = orphans.filter((port) => leaked.has(port))
    if (missing.length > 0 || gone.length > 0) {
      await this.#change((now) => {
        for (const port of missing) now.occupy(port)
        for (const port of gone) now.release(port)
      }, false)
    }
    return orphans.filter((port) => !leaked.has(port))
  }

  async #change<Result>(decide: (ports: PortAllocator) => Result, dryRun: boolean): Promise<Result> {
    for (;;) {
      const { ports, entry } = this.#read()
      const result = decide(ports)
      if (dryRun) return result
      const value = this.#encode(ports, entry)
      const outcome = await this.#options.store.swap(
        nodePortsKey, entry?.modRevision ?? 0, { type: 'put', value },
      )
      if (outcome.type === 'swapped') return result
    }
  }

  #encode(ports: PortAllocator, before: Entry | undefined): Uint8Array {
    const { clock, random, range } = this.#options
    return encodeStored({
      kind: 'RangeAllocation', apiVersion: 'v1',
      metadata: before ? decodeStored(before).metadata : {
        name: 'servicenodeports', uid: random.uuid(), creationTimestamp: formatTime(clock.now()),
      },
      range: `${range.first}-${range.last}`,
      data: base64Encode(bitmapOf(ports.used().map((port) => port - range.first))),
    } as RangeAllocation)
  }

  #read(): { readonly ports: PortAllocator; readonly entry: Entry | undefined } {
    const { store, random, range, inServices } = this.#options
    const entry = store.current().get(nodePortsKey)
    const ports = new PortAllocator(range, random)
    for (const port of entry ? decodePorts(decodeStored<RangeAllocation>(entry), range) : inServices()) {
      ports.occupy(port)
    }
    return { ports, entry }
  }
}

interface RangeAllocation extends KubeObject {
  readonly range?: string
  /** Base64. */
  readonly data?: string
}

/** The bit of the first port is the lowest; the bytes are those of one large number, the highest first. */
function bitmapOf(bits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(bits.length === 0 ? 0 : Math.floor(Math.max(...bits) / 8) + 1)
  for (const bit of bits) bytes[bytes.length - 1 - Math.floor(bit / 8)]! |= 1 << bit % 8
  return bytes
}

function decodePorts({ range = '', data = '' }: Pick<RangeAllocation, 'range' | 'data'>, { first, last }: PortRange): number[] {
  const start = Number(range.split('-')[0])
  const bytes = base64Decode(data) ?? new Uint8Array()
  const ports: number[] = []
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const port = start + bit
    const isUsed = (bytes[bytes.length - 1 - Math.floor(bit / 8)]! & 1 << bit % 8) !== 0
    if (isUsed && port >= first && port <= last) ports.push(port)
  }
  return ports
}
