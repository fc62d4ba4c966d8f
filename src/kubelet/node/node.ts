/** The node's own object: registered, its status and lease kept fresh. */
import type { Lease } from '#api/gen/coordination-v1.ts'
import type { Node } from '#api/gen/core-v1.ts'
import type { Client } from '#client/client.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import type { ContainerRuntime, Image, RuntimeVersion } from '#world/container-runtime.ts'
import type { Files } from '#world/files.ts'
import type { Log } from '#world/log.ts'
import type { Machine, MachineFacts } from '#world/machine.ts'
import type { Random } from '#world/random.ts'
import type { KubeletConfig } from '../config.ts'
import type { PodEvents } from '../events.ts'
import type { RuntimeCache } from '../pods/runtime-cache.ts'
import { formatMicroTime } from '../pods/status-time.ts'
import { sameJson } from '../pods/status.ts'
import type { NodeObject, NodeStatus } from '../types.ts'
import { computeNodeStatus, nodeLabels, type Pressure } from './node-status.ts'

export interface NodeOptions {
  readonly nodeName: string
  readonly config: KubeletConfig
  readonly client: Client
  readonly runtime: ContainerRuntime
  readonly cache: RuntimeCache
  readonly machine: Machine
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly events: PodEvents
  readonly facts: MachineFacts
  readonly runtimeVersion: RuntimeVersion
  readonly pressure: () => Pressure
}

const nodes = { group: '', version: 'v1', resource: 'nodes' }
const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' }
const leaseNamespace = 'kube-node-lease'
const retryMs = { first: 100, most: 7000 }
/** The runtime has to have shown itself within this time. */
const runtimeSilenceMs = 30_000

export class NodeAgent {
  readonly #options: NodeOptions
  #node: NodeObject | undefined
  #isNetworkReady = true
  #problems: readonly string[] = []
  #writtenAt = Number.NEGATIVE_INFINITY
  #lastReady: boolean | undefined
  #images: readonly Image[] = []
  #podCidr = ''
  #wake: (() => void) | undefined

  constructor(options: NodeOptions) { this.#options = options }

  get node(): NodeObject | undefined { return this.#node }
  get isNetworkReady(): boolean { return this.#isNetworkReady }
  get isReady(): boolean { return this.#problems.length === 0 }

  allocatable(): Readonly<Record<string, string>> {
    return this.#node?.status?.allocatable ?? {}
  }

  /** The node object as a watch saw it: labels of others, the pod range. */
  observe(node: NodeObject): void {
    this.#node = node
  }

  /** Checks the node's health now instead of at the next interval. */
  refresh(): void {
    this.#wake?.()
  }

  /** Registers, then reports until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, config, log } = this.#options
    await this.#untilDone('could not register the node', () => this.#register(), signal)
    const lease = this.#keepLease(signal)
    while (!signal.aborted) {
      await this.#update().catch((error: unknown) =>
        log.warn('could not write the node\'s status', { error: String(error) }))
      const abort = new AbortController()
      this.#wake = () => abort.abort()
      await clock.sleep(config.statusIntervalMs, AbortSignal.any([signal, abort.signal])).catch(() => undefined)
    }
    await lease
  }

  async #untilDone(what: string, action: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    let delayMs = retryMs.first
    while (!signal.aborted) {
      try {
        return await action()
      } catch (error) {
        log.warn(what, { error: String(error), retryMs: delayMs })
      }
      await clock.sleep(delayMs, signal).catch(() => undefined)
      delayMs = Math.min(delayMs * 2, retryMs.most)
    }
  }

  /** Creates the object, or takes over the one of an earlier process and puts the kubelet's labels right. */
  async #register(): Promise<void> {
    const { nodeName, config, client, facts, events } = this.#options
    const labels = { ...nodeLabels(nodeName, facts), ...config.nodeLabels }
    await this.#checkHealth()
    const status = await this.#status(undefined)
    const collection = client.resource<Node>(nodes)
    try {
      this.#node = await collection.create({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: {
          name: nodeName,
          labels,
          annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
        },
        spec:
          config.registerWithTaints.length > 0
            ? { taints: config.registerWithTaints.map((taint) => ({ ...taint })) }
            : {},
        status,
      })
      this.#writtenAt = this.#options.clock.monotonic()
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error
      const existing = await collection.get(nodeName)
      const missing = Object.entries(labels).filter(([key, value]) => existing.metadata.labels?.[key] !== value)
      this.#node = missing.length === 0 ? existing
        : await collection.patch(nodeName, 'merge', { metadata: { labels: Object.fromEntries(missing) } })
    }
    events.node('Normal', 'Starting', 'Starting kubelet.')
  }

  async #checkHealth(): Promise<void> {
    const { runtime, cache, clock } = this.#options
    const problems: string[] = []
    try {
      for (const condition of await runtime.conditions()) {
        if (condition.type === 'NetworkReady') this.#isNetworkReady = condition.status
        if (condition.status || (condition.type !== 'RuntimeReady' && condition.type !== 'NetworkReady')) continue
        const what =
          condition.type === 'NetworkReady' ? 'container runtime network not ready' : 'container runtime not ready'
        problems.push(`${what}: ${condition.type}=false reason:${condition.reason} message:${condition.message}`)
      }
    } catch (error) {
      problems.push(`container runtime status check may not have completed yet: ${String((error as Error).message)}`)
    }
    if (!cache.isConnected && cache.lastSeenAt > 0 && clock.monotonic() - cache.lastSeenAt > runtimeSilenceMs) {
      problems.push('container runtime is down')
    }
    this.#problems = problems
  }

  async #status(old: NodeObject | undefined): Promise<NodeStatus> {
    const { config, facts, files, runtimeVersion, runtime, pressure, clock } = this.#options
    const disk = await files.filesystem(config.rootDirectory)
    if (this.#problems.length === 0) this.#images = await runtime.listImages().catch(() => this.#images)
    return computeNodeStatus({
      config,
      facts,
      disk,
      old,
      pressure: pressure(),
      runtime: runtimeVersion,
      notReady: this.#problems,
      now: clock.now(),
      images: this.#images,
    })
  }

  async #update(): Promise<void> {
    const { nodeName, client, clock, config, runtime, events } = this.#options
    await this.#checkHealth()
    const collection = client.resource<Node>(nodes)
    this.#node ??= await collection.get(nodeName)
    const status = await this.#status(this.#node)
    const isDue = clock.monotonic() - this.#writtenAt >= config.statusReportIntervalMs
    if (isDue || !sameJson(withoutHeartbeats(this.#node.status), withoutHeartbeats(status))) {
      try {
        this.#node = await collection.patch(nodeName, 'strategic', { status }, { subresource: 'status' })
      } catch (error) {
        // Someone deleted the node: a node that lives registers again.
        if (isReason(error, 'NotFound')) return await this.#register()
        throw error
      }
      this.#writtenAt = clock.monotonic()
    }
    const isReady = this.#problems.length === 0
    if (this.#lastReady !== undefined && this.#lastReady !== isReady || this.#lastReady === undefined && isReady) {
      events.node(
        'Normal',
        isReady ? 'NodeReady' : 'NodeNotReady',
        `Node ${nodeName} status is now: ${isReady ? 'NodeReady' : 'NodeNotReady'}`,
      )
    }
    this.#lastReady = isReady
    const podCidr = this.#node.spec?.podCIDR ?? ''
    if (podCidr !== '' && podCidr !== this.#podCidr) {
      await runtime.setPodCidr(podCidr)
      this.#podCidr = podCidr
    }
  }

  /** The heartbeat: renewed at a quarter of its duration, with a little chance so that nodes do not march in step. */
  async #keepLease(signal: AbortSignal): Promise<void> {
    const { nodeName, client, clock, random, config, log } = this.#options
    const collection = client.resource<Lease>(leases, leaseNamespace)
    const intervalMs = config.leaseDurationSeconds * 250
    let lease: Awaited<ReturnType<typeof collection.get>> | undefined
    let failures = 0
    while (!signal.aborted) {
      const node = this.#node
      const spec = {
        holderIdentity: nodeName,
        leaseDurationSeconds: config.leaseDurationSeconds,
        renewTime: formatMicroTime(clock.now()),
      }
      const ownerReferences = node && [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid }]
      try {
        lease = lease
          ? await collection.update({
              ...lease,
              spec: { ...lease.spec, ...spec },
              metadata: { ...lease.metadata, ...(ownerReferences && { ownerReferences }) },
            } as Lease)
          : await this.#openLease(spec, ownerReferences)
        failures = 0
      } catch (error) {
        failures++
        lease = undefined
        log.warn('could not renew the node lease', { error: String(error) })
      }
      const pauseMs =
        failures > 0 ? Math.min(retryMs.most, retryMs.first * 2 ** failures) : intervalMs * (1 + 0.04 * random.next())
      await clock.sleep(pauseMs, signal).catch(() => undefined)
    }
  }

  async #openLease(
    spec: Lease['spec'] & object,
    ownerReferences: NonNullable<Lease['metadata']>['ownerReferences'] | undefined,
  ) {
    const collection = this.#options.client.resource<Lease>(leases, leaseNamespace)
    const { nodeName } = this.#options
    try {
      const existing = await collection.get(nodeName)
      return await collection.update({ ...existing, spec: { ...existing.spec, ...spec } } as Lease)
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
    return await collection.create({
      apiVersion: 'coordination.k8s.io/v1', kind: 'Lease',
      metadata: { name: nodeName, namespace: leaseNamespace, ...(ownerReferences && { ownerReferences }) }, spec,
    })
  }
}


function withoutHeartbeats(status: NodeObject['status'] | NodeStatus | undefined): unknown {
  const { conditions, capacity, allocatable, addresses, nodeInfo, images, daemonEndpoints } = (status
    ?? {}) as NodeStatus
  return {
    capacity, allocatable, addresses, nodeInfo, images, daemonEndpoints,
    conditions: conditions
      ?.map(({ lastHeartbeatTime: _, ...rest }) => rest)
      .toSorted((a, b) => (a.type < b.type ? -1 : 1)),
  }
}
