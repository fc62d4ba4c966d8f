/** Every node gets a part of the cluster's range of pod addresses, its own as long as it lives. */
import { node } from '#api/core/node/node.ts'
import type { Node } from '#api/gen/core-v1.ts'
import { addressAt, addressCount, formatCidr, indexInCidr, parseCidr, type Cidr } from '#base/ip.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { nothing, patch, recordEvent, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom, type Controller } from '../driver/define-controller.ts'

/** As upstream's --node-cidr-mask-size-ipv4 and -ipv6. */
const prefixLengths = { 4: 24, 6: 64 } as const

interface State {
  readonly node: Stored<Node>
  /** Undefined: there is no part left. */
  readonly part: string | undefined
}

export function nodeIpamController(clusterCidr: Cidr): Controller {
  const parts = new Parts(clusterCidr)
  return defineController({
    name: 'node-ipam',
    serviceAccount: 'node-controller',
    eventSource: 'cidrAllocator',
    for: node,
    changed: (old, object) => old.spec?.podCIDR !== object.spec?.podCIDR || hasKubelet(old) !== hasKubelet(object),
    // Whoever got nothing may get what another node leaves behind.
    watches: [wakeFrom(node, (_, cache) => (parts.areExhausted ? cache.of(node).list().filter(hasNone) : [])
      .map(({ metadata }) => metadata.name))],
    observe(object, cache): State | undefined {
      const { name, deletionTimestamp } = object.metadata
      if (object.spec?.podCIDR) {
        parts.hold(name, object.spec.podCIDR)
        return undefined
      }
      // Parts that nodes have from before this process are theirs, whichever node is looked at first.
      for (const { metadata, spec } of cache.of(node).list()) if (spec?.podCIDR) parts.hold(metadata.name, spec.podCIDR)
      return deletionTimestamp || !hasKubelet(object) ? undefined : { node: object, part: parts.take(name) }
    },
    observeAbsent({ name }) {
      parts.release(name)
      return undefined
    },
    reconcile,
  })
}

function hasNone(object: Stored<Node>): boolean {
  return !object.spec?.podCIDR && hasKubelet(object)
}

/**
 * Whether a kubelet has registered. A Node that somebody only wrote down needs no addresses, and its writer may still
 * replace it: kube-controller-manager, which allocates ranges only when it is told to, leaves it as it is.
 */
function hasKubelet({ status }: Stored<Node>): boolean {
  return !!status?.nodeInfo?.kubeletVersion
}

function reconcile({ node: object, part }: State): Plan {
  if (part === undefined) {
    const message = `Node ${object.metadata.name} status is now: CIDRNotAvailable`
    return { ...nothing, actions: [recordEvent(node, object, 'Normal', 'CIDRNotAvailable', message)] }
  }
  return { actions: [patch(node, object, { spec: { podCIDR: part, podCIDRs: [part] } }, { ifGone: 'ignore' })] }
}

/** Who has which part; also those that are given and not written yet, so that no two nodes get the same. */
class Parts {
  readonly #range: Cidr
  readonly #prefixLength: number
  readonly #count: number
  readonly #byNode = new Map<string, number>()
  readonly #taken = new Set<number>()

  constructor(range: Cidr) {
    this.#range = range
    this.#prefixLength = Math.max(prefixLengths[range.address.family], range.prefixLength)
    this.#count = 2 ** Math.min(this.#prefixLength - range.prefixLength, 16)
  }

  hold(nodeName: string, part: string): void {
    const cidr = parseCidr(part)
    const at = cidr && indexInCidr(this.#range, cidr.address)
    if (at === undefined) return
    const index = Number(at / this.#size)
    if (this.#byNode.get(nodeName) !== index) this.release(nodeName)
    this.#byNode.set(nodeName, index)
    this.#taken.add(index)
  }

  take(nodeName: string): string | undefined {
    let index = this.#byNode.get(nodeName)
    for (let next = 0; index === undefined && next < this.#count; next++) if (!this.#taken.has(next)) index = next
    if (index === undefined) return undefined
    this.#byNode.set(nodeName, index)
    this.#taken.add(index)
    const address = addressAt(this.#range, BigInt(index) * this.#size)!
    return formatCidr({ address, prefixLength: this.#prefixLength })
  }

  release(nodeName: string): void {
    const index = this.#byNode.get(nodeName)
    if (index === undefined) return
    this.#byNode.delete(nodeName)
    this.#taken.delete(index)
  }

  get areExhausted(): boolean {
    return this.#taken.size >= this.#count
  }

  get #size(): bigint {
    return addressCount({ address: this.#range.address, prefixLength: this.#prefixLength })
  }
}
