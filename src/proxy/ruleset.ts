/** The packet filter's table as it should be, and the smallest transaction that makes it so. Pure state, no I/O. */
import type { FilterOperation, SetElement } from '#world/packet-filter.ts'
import { targetCountOf, type Placed } from './plan.ts'

/**
 * Elements are contributed by owners (Services, pods). Two owners may ask for the same key (two Services with one
 * external address): the first keeps it until it lets go, as upstream's proxies do.
 */
export class Ruleset {
  readonly #serviceCidr: string
  /** set → key → the owners' elements, the oldest first. */
  readonly #wanted = new Map<string, Map<string, { owner: string; element: SetElement }[]>>()
  readonly #contributions = new Map<string, readonly Placed[]>()
  /** set → key → what the kernel holds. */
  #applied = new Map<string, Map<string, SetElement>>()
  /**
   * Sets that the kernel has with their rule, though they may be empty; and those it will have after the planned
   * transaction.
   */
  #sets: ReadonlySet<string> = new Set()
  #plannedSets: ReadonlySet<string> = new Set()
  /** Keys whose wish may differ from what is applied. */
  readonly #touched = new Map<string, Set<string>>()

  constructor(serviceCidr: string) {
    this.#serviceCidr = serviceCidr
  }

  /** Replaces all that `owner` wants; an empty list forgets it. */
  set(owner: string, placed: readonly Placed[]): void {
    for (const { set, element } of this.#contributions.get(owner) ?? []) {
      const key = element.key.join(' . ')
      const holders = this.#wanted.get(set)?.get(key)
      const remaining = holders?.filter((holder) => holder.owner !== owner) ?? []
      if (remaining.length > 0) this.#wanted.get(set)!.set(key, remaining)
      else this.#wanted.get(set)?.delete(key)
      this.#touch(set, key)
    }
    if (placed.length === 0) this.#contributions.delete(owner)
    else this.#contributions.set(owner, placed)
    for (const { set, element } of placed) {
      const key = element.key.join(' . ')
      let keys = this.#wanted.get(set)
      if (!keys) this.#wanted.set(set, keys = new Map())
      const holders = keys.get(key) ?? []
      if (!holders.some((holder) => holder.owner === owner)) keys.set(key, [...holders, { owner, element }])
      this.#touch(set, key)
    }
  }

  owners(): Iterable<string> {
    return this.#contributions.keys()
  }

  /** Everything, from an empty table on. */
  planFull(): FilterOperation[] {
    const operations: FilterOperation[] = [...baseTable(this.#serviceCidr)]
    this.#plannedSets = new Set(this.#wanted.keys())
    for (const set of this.#wanted.keys()) operations.push(...classOperations(set))
    for (const [set, keys] of this.#wanted) {
      const elements = [...keys.values()].map((holders) => holders[0]!.element)
      if (elements.length > 0) operations.push({ type: 'addElements', set, elements })
    }
    return operations
  }

  /** Only what changed since the last `markApplied`; empty when nothing did. */
  planChange(): FilterOperation[] {
    const created: FilterOperation[] = []
    const sets = new Set(this.#sets)
    const removed: FilterOperation[] = []
    const added: FilterOperation[] = []
    for (const [set, keys] of this.#touched) {
      const drop: SetElement[] = []
      const add: SetElement[] = []
      for (const key of keys) {
        const now = this.#applied.get(set)?.get(key)
        const wanted = this.#wanted.get(set)?.get(key)?.[0]?.element
        if (now && wanted && (now.value ?? []).join(' . ') === (wanted.value ?? []).join(' . ')) continue
        if (now) drop.push(now)
        if (wanted) add.push(wanted)
      }
      if (!sets.has(set) && add.length > 0) {
        created.push(...classOperations(set))
        sets.add(set)
      }
      if (drop.length > 0) removed.push({ type: 'deleteElements', set, elements: drop })
      if (add.length > 0) added.push({ type: 'addElements', set, elements: add })
    }
    this.#plannedSets = sets
    return [...created, ...removed, ...added]
  }

  /** Call when the transaction of planFull or planChange was accepted, before anything else is `set`. */
  markApplied(): void {
    for (const [set, keys] of this.#touched) {
      let applied = this.#applied.get(set)
      if (!applied) this.#applied.set(set, applied = new Map())
      for (const key of keys) {
        const element = this.#wanted.get(set)?.get(key)?.[0]?.element
        if (element) applied.set(key, element)
        else applied.delete(key)
      }
    }
    this.#touched.clear()
    this.#sets = this.#plannedSets
  }

  /** After a refusal nobody knows what the kernel holds: the next plan must be the full one. */
  forgetApplied(): void {
    this.#applied = new Map()
    this.#sets = new Set()
    for (const [set, keys] of this.#wanted) for (const key of keys.keys()) this.#touch(set, key)
  }

  #touch(set: string, key: string): void {
    let keys = this.#touched.get(set)
    if (!keys) this.#touched.set(set, keys = new Set())
    keys.add(key)
  }
}

const protocols = ['tcp', 'udp', 'sctp']
const serviceKey = ['ipv4_addr', 'inet_proto', 'inet_service']
const portKey = ['inet_proto', 'inet_service']
const targetValue = ['ipv4_addr', 'inet_service']

/**
 * Pure maps: no chain per Service. The kernel checks chains with jumps in quadratic time on every commit; a lookup in a
 * map costs the same with ten Services and with a hundred thousand.
 */
function baseTable(serviceCidr: string): FilterOperation[] {
  const chain = (name: string): FilterOperation => ({ type: 'addChain', chain: name })
  const rule = (name: string, text: string): FilterOperation => ({ type: 'addRule', chain: name, rule: text })
  const set = (name: string, keys: readonly string[], values?: readonly string[]): FilterOperation => ({
    type: 'addSet',
    set: name,
    keys,
    values,
  })
  const hooked = (
    name: string,
    kind: 'nat' | 'filter',
    hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting',
    priority: number,
  ): FilterOperation => ({ type: 'addChain', chain: name, hook: { kind, hook, priority } })
  return [
    { type: 'resetTable' },
    set('endpoints', [...serviceKey, 'mark'], targetValue),
    set('local-ports', [...portKey, 'mark'], targetValue),
    set('dead-services', serviceKey),
    set('dead-ports', portKey),
    ...protocols.map((protocol) => set(`keep-source-${protocol}`, ['inet_service'])),
    set('cluster-ips', ['ipv4_addr']),
    set('hairpins', ['ipv4_addr', 'ipv4_addr']),
    chain('services'), chain('ports'), chain('translate'), chain('refuse'),
    rule('translate', 'meta l4proto { tcp, udp, sctp } jump services'),
    rule('translate', 'meta l4proto { tcp, udp, sctp } fib daddr type local ip daddr != 127.0.0.0/8 jump ports'),
    hooked('prerouting', 'nat', 'prerouting', -100), rule('prerouting', 'jump translate'),
    hooked('output', 'nat', 'output', -100), rule('output', 'jump translate'),
    hooked('postrouting', 'nat', 'postrouting', 100),
    rule('postrouting', 'ct status dnat ip saddr . ip daddr @hairpins masquerade'),
    // What came to a port of this node goes on under this node's address, so that the answer comes back here,
    // unless its Service wants to see who asks (externalTrafficPolicy Local).
    ...protocols.map((protocol) =>
      rule(
        'postrouting',
        `ct status dnat meta l4proto ${protocol} ct original proto-dst @keep-source-${protocol} accept`,
      ),
    ),
    rule('postrouting', `ct status dnat ct original ip daddr != ${serviceCidr} masquerade`),
    rule('refuse', 'ip daddr . meta l4proto . th dport @dead-services reject'),
    rule('refuse', 'ip daddr @cluster-ips reject'),
    rule('refuse', 'fib daddr type local meta l4proto . th dport @dead-ports reject'),
    hooked('input', 'filter', 'input', 0), rule('input', 'ct state new jump refuse'),
    hooked('forward', 'filter', 'forward', 0), rule('forward', 'ct state new jump refuse'),
    hooked('out', 'filter', 'output', 0), rule('out', 'ct state new jump refuse'),
  ]
}

/** The set of all Services (or node ports) with this many targets, and the one rule that picks among them. */
function classOperations(set: string): FilterOperation[] {
  const parsed = targetCountOf(set)
  if (!parsed) return []
  const { family, count } = parsed
  // The source address decides for sticky Services: the same client meets the same target while the targets stay the
  // same.
  const slot = family.startsWith('sticky-') ? `jhash ip saddr mod ${count}` : `numgen random mod ${count}`
  const ofServices = family.endsWith('services')
  const key = ofServices ? 'ip daddr . meta l4proto . th dport' : 'meta l4proto . th dport'
  const target = ofServices ? `${key} . meta mark map @endpoints` : `${key} . meta mark map @local-ports`
  return [
    { type: 'addSet', set, keys: ofServices ? serviceKey : portKey },
    {
      type: 'addRule',
      chain: ofServices ? 'services' : 'ports',
      rule: `${key} @${set} meta mark set ${count === 1 ? '0' : slot} dnat ip to ${target}`,
    },
  ]
}
