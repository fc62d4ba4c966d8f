/** Watches over nodes: those that fall silent become Unknown, those that are unwell get taints that keep pods away. */
import { lease } from '#api/coordination/lease/lease.ts'
import { regionLabel, zoneLabel } from '#api/core/node/node-labels.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { Node } from '#api/gen/core-v1.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { defineController, wakeFrom, type Cache, type Controller } from '../driver/define-controller.ts'
import {
  needsEvictionTaint, reconcile, zoneModeOf, type NodeHealth, type NodeState, type RemovedNode,
} from './reconcile.ts'

export interface NodeLifecycleSettings {
  /** So long without a sign of life, and a node is Unknown. Upstream: 50 s since v1.32, 40 s before. */
  readonly gracePeriodMs?: number
  /** The same for a node that has never reported. */
  readonly startupGracePeriodMs?: number
}

const leaseNamespace = 'kube-node-lease'
/** Upstream adds eviction taints to one node of a zone in ten seconds, so that a mistake spreads slowly. */
const evictionIntervalMs = 10_000
const slowEvictionIntervalMs = 100_000

export function nodeLifecycleController(settings: NodeLifecycleSettings = {}): Controller {
  const { gracePeriodMs = 50_000, startupGracePeriodMs = 60_000 } = settings
  const probes = new ProbeTimes()
  const pacing = new EvictionPacing()
  const known = new KnownNodes()
  let summary: { readonly at: number; readonly zones: ReadonlyMap<string, NodeHealth> } | undefined

  /** Once a second at most: it is the same for every node. */
  function zoneHealth(cache: Cache, now: number): ReadonlyMap<string, NodeHealth> {
    if (!summary || Math.abs(now - summary.at) >= 1000) summary = { at: now, zones: countZones(cache.of(node).list()) }
    return summary.zones
  }

  return defineController({
    name: 'node-lifecycle',
    serviceAccount: 'node-controller',
    eventSource: 'node-controller',
    for: node,
    watches: [wakeFrom(lease, ({ metadata }) => (metadata.namespace === leaseNamespace ? [metadata.name] : []))],
    reads: [pod],
    observe(object, cache, { now }): NodeState | RemovedNode {
      const renewed = cache.of(lease).get(object.metadata.name, leaseNamespace)?.spec?.renewTime
      const heartbeat = findCondition(object.status?.conditions, 'Ready')?.lastHeartbeatTime
      const lastSeen = probes.observe(
        object.metadata.uid,
        `${renewed ?? ''} ${heartbeat ?? ''}`,
        now,
        Date.parse(object.metadata.creationTimestamp),
      )
      const hasReported = heartbeat !== undefined || renewed !== undefined
      const silentAt = lastSeen + (hasReported ? gracePeriodMs : startupGracePeriodMs)
      const mode = zoneModeOf(zoneHealth(cache, now), zoneOf(object))
      const state: NodeState = {
        type: 'present', node: object, isNew: known.add(object), silentAt, now, mode, mayTaintNow: true, nextTaintAt: now,
        pods: cache.of(pod).byIndex('nodeName', object.metadata.name),
      }
      if (!needsEvictionTaint(state)) return state
      const interval = mode === 'partialDisruption' ? slowEvictionIntervalMs : evictionIntervalMs
      const nextTaintAt = pacing.take(zoneOf(object), object.metadata.uid, now, interval)
      return { ...state, mayTaintNow: nextTaintAt <= now, nextTaintAt }
    },
    observeAbsent: ({ name }) => known.remove(name),
    reconcile,
  })
}

function zoneOf({ metadata }: Stored<Node>): string {
  const labels = metadata.labels ?? {}
  return `${labels[regionLabel] ?? ''}/${labels[zoneLabel] ?? ''}`
}

function countZones(nodes: readonly Stored<Node>[]): ReadonlyMap<string, NodeHealth> {
  const zones = new Map<string, { ready: number; notReady: number }>()
  for (const object of nodes) {
    const zone = zones.get(zoneOf(object)) ?? { ready: 0, notReady: 0 }
    zones.set(zoneOf(object), zone)
    if (findCondition(object.status?.conditions, 'Ready')?.status === 'True') zone.ready++
    else zone.notReady++
  }
  return zones
}

/**
 * When each node last gave a new sign of life, by our own clock: nodes' clocks are never compared with it. Lost on a
 * restart, after which every node has its grace period again.
 */
class ProbeTimes {
  readonly #seen = new Map<string, { readonly sign: string; readonly at: number }>()
  readonly #limit = 200_000

  observe(uid: string, sign: string, now: number, createdAt: number): number {
    const known = this.#seen.get(uid)
    if (known?.sign === sign) return known.at
    // A node that has never reported has its time from when it was made, not from when we started.
    const at = sign === ' ' && !Number.isNaN(createdAt) ? Math.min(now, createdAt) : now
    this.#seen.delete(uid)
    this.#seen.set(uid, { sign, at })
    if (this.#seen.size > this.#limit) this.#seen.delete(this.#seen.keys().next().value!)
    return at
  }
}

/** Nodes that events have told of; lost on a restart, after which they are told of again, as upstream does. */
class KnownNodes {
  readonly #uids = new Map<string, string>()

  /** Whether it was not known. */
  add({ metadata: { name, uid } }: Stored<Node>): boolean {
    if (this.#uids.get(name) === uid) return false
    this.#uids.set(name, uid)
    return true
  }

  remove(name: string): RemovedNode | undefined {
    const uid = this.#uids.get(name)
    if (uid === undefined) return undefined
    this.#uids.delete(name)
    return { type: 'removed', about: { metadata: { name, uid } } as Stored<Node> }
  }
}

/** One node per zone and interval. A node that has had its turn keeps it. */
class EvictionPacing {
  readonly #zones = new Map<string, { readonly uid: string; readonly at: number }>()

  /** When this node may be tainted: now, or the zone's next turn. */
  take(zone: string, uid: string, now: number, intervalMs: number): number {
    const last = this.#zones.get(zone)
    if (!last || last.uid === uid || now >= last.at + intervalMs) {
      this.#zones.set(zone, { uid, at: last?.uid === uid ? last.at : now })
      return now
    }
    return last.at + intervalMs
  }
}
