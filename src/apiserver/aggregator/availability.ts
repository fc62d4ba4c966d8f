/** Keeps the condition Available of every APIService that is served behind a Service. */
import { service as serviceKind } from '#api/core/service/service.ts'
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import type { APIService, APIServiceCondition } from '#api/gen/apiregistration-v1.ts'
import type { Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { withTaskGroup } from '#base/task-group.ts'
import { createClient, type KindClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import { WorkQueue } from '#client/workqueue.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import { findCondition, withCondition } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import type { Entry, Store } from '#storage/store.ts'
import type { Log } from '#world/log.ts'
import { dialFailure } from '../dial-failure.ts'
import { metricLines } from '../metric-text.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeLean } from '../rest/stored-form.ts'
import { resolveEndpoints, type ServiceAddress } from '../services/service-endpoint.ts'
import { StoreFollower, type FollowedRange } from '../store-follower.ts'
import type { ApiServices, RemoteVersion } from './api-services.ts'
import { checkService, failed, passed, type Verdict } from './check-service.ts'
import { identityHeaders } from './identity-headers.ts'
import { authorityOf, withinTime, type ProxyTools } from './proxy.ts'

export interface AvailabilityOptions {
  readonly services: ApiServices
  readonly tools: ProxyTools
  readonly store: Store
  /** As `system:apiserver`. */
  readonly transport: Transport
  readonly log: Log
}

/** Of what this server serves itself. */
const local: Verdict = { status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
const workers = 5
/** Somebody may fall silent without an event: each is asked this often. */
const probeAgainMs = 30_000
const backoff = { backoffMs: 5, backoffMsMax: 30_000 }
const probeTimeoutMs = 5_000
/** So many of a Service's endpoints are asked at the same time; one that answers is enough. */
const endpointsAsked = 5
const prober = { name: 'system:kube-aggregator', groups: ['system:masters'] }

export class Availability {
  readonly #options: AvailabilityOptions
  readonly #client: KindClient<APIService>
  readonly #queue: WorkQueue
  /** Which state of each APIService was looked at, by name. */
  readonly #seen = new Map<string, unknown>()
  /** How often each APIService became unavailable, by name and reason. */
  readonly #failures = new Map<string, { readonly name: string; readonly reason: string; count: number }>()

  constructor(options: AvailabilityOptions) {
    this.#options = options
    this.#client = createClient(options.transport).resource<APIService>({
      group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices',
    })
    this.#queue = new WorkQueue({ clock: options.tools.clock, ...backoff })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { services, store } = this.#options
    const ended = services.onChange((name) => this.#changed(name))
    signal.addEventListener('abort', () => this.#queue.close(), { once: true })
    for (const { name } of services.remotes) this.#changed(name)
    const follower = new StoreFollower(store, [this.#follow(serviceKind, nameOf), this.#follow(endpointSlice, ownerOf)])
    try {
      await withTaskGroup(signal, async (group) => {
        group.start((inner) => follower.run(inner))
        for (let worker = 0; worker < workers; worker++) {
          group.start((inner) => this.#queue.each(inner, (name) => this.#work(name, inner)))
        }
        await group.settled()
      })
    } finally {
      ended()
    }
  }

  /** Upstream's two metrics, in Prometheus' text format. */
  render(): string {
    const lines = [
      ...metricLines('aggregator_unavailable_apiservice', 'gauge',
        'Gauge of APIServices which are marked as unavailable broken down by APIService name.',
        [...this.#options.services.remotes].map(({ name, available }) => [`name="${name}"`, available ? 0 : 1])),
      ...metricLines('aggregator_unavailable_apiservice_total', 'counter',
        'Counter of APIServices which are marked as unavailable broken down by APIService name and reason.',
        [...this.#failures.values()].map(({ name, reason, count }) => [`name="${name}",reason="${reason}"`, count])),
    ]
    return `${lines.join('\n')}\n`
  }

  /** Our own words in the status wake nobody: two failures that take turns would be told without a pause. */
  #changed(name: string): void {
    const object = this.#options.services.get(name)
    if (!object?.spec?.service) {
      this.#seen.delete(name)
      for (const [key, failure] of this.#failures) if (failure.name === name) this.#failures.delete(key)
      // It was another server's until now.
      if (object && findCondition(object.status?.conditions, 'Available')?.reason !== local.reason) this.#queue.add(name)
      return
    }
    const seen = [object.metadata.uid, object.spec]
    if (!semanticEqual(this.#seen.get(name), seen)) this.#queue.add(name)
    this.#seen.set(name, seen)
  }

  /** Wakes the APIServices of a Service that changed. Without any, no object is even decoded. */
  #follow(
    kind: typeof serviceKind | typeof endpointSlice, nameOfService: (entry: Entry) => string | undefined,
  ): FollowedRange {
    const wake = (entry: Entry): void => {
      const { services } = this.#options
      const wanted = [...services.remotes].filter(({ service }) => entry.key.includes(`/${service.namespace}/`))
      if (wanted.length === 0) return
      const name = nameOfService(entry)
      for (const remote of wanted) if (remote.service.name === name) this.#queue.add(remote.name)
    }
    return { range: collectionRange(kind, ''), clear() {}, put: wake, delete: wake }
  }

  async #work(name: string, signal: AbortSignal): Promise<void> {
    const queue = this.#queue
    try {
      const verdict = await this.#settle(name, signal)
      if (verdict?.reason === 'FailedDiscoveryCheck') queue.addRateLimited(name)
      else queue.forget(name)
      if (verdict && verdict !== local) queue.addAfter(name, probeAgainMs)
    } catch (error) {
      if (signal.aborted) return
      // Changed or deleted meanwhile, perhaps by another server: the watch tells.
      if (isReason(error, 'Conflict') || isReason(error, 'NotFound')) return
      queue.addRateLimited(name)
      this.#options.log.warn('could not tell of an APIService whether it is available', { name, error: String(error) })
    }
  }

  /** Undefined: there is no such APIService. */
  async #settle(name: string, signal: AbortSignal): Promise<Verdict | undefined> {
    const { services } = this.#options
    const remote = services.remoteNamed(name)
    const verdict = remote ? await this.#judge(remote, signal) : local
    const object = services.get(name)
    if (!object) return undefined
    const isChanged = remote ? services.remote(remote.group, remote.version) !== remote : object.spec?.service
    if (!isChanged) await this.#tell(object, verdict, signal)
    return verdict
  }

  async #tell(object: Stored<APIService>, verdict: Verdict, signal: AbortSignal): Promise<void> {
    const { tools, log } = this.#options
    const { name } = object.metadata
    const old = object.status?.conditions
    const conditions = withCondition<APIServiceCondition>(
      old as readonly APIServiceCondition[] | undefined, { type: 'Available', ...verdict }, formatTime(tools.clock.now()),
    )
    if (semanticEqual(old ?? [], conditions)) return
    const before = findCondition(old, 'Available')
    if (verdict.status === 'False' && (before?.status !== 'False' || before.reason !== verdict.reason)) {
      this.#count(name, verdict.reason)
    }
    log.info('changed whether an APIService is available', { name, ...verdict })
    const status = { ...object.status, conditions: [...conditions] }
    await this.#client.updateStatus({ ...object, status }, { signal })
  }

  #count(name: string, reason: string): void {
    const key = `${name} ${reason}`
    const failure = this.#failures.get(key) ?? { name, reason, count: 0 }
    failure.count++
    this.#failures.set(key, failure)
  }

  async #judge(remote: RemoteVersion, signal: AbortSignal): Promise<Verdict> {
    const { services } = this.#options.tools
    const { namespace, name } = remote.service
    const found = services.get<Service>(serviceKind, namespace, name)
    const slices = services.list<EndpointSlice>(endpointSlice, namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    return checkService(remote, found, slices) ?? await this.#probe(remote, signal)
  }

  /** Whether anybody answers for discovery's document of the version. */
  async #probe(remote: RemoteVersion, signal: AbortSignal): Promise<Verdict> {
    const { group, version } = remote
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
    const enough = new AbortController()
    try {
      const endpoints = resolveEndpoints(this.#options.tools.services, remote.service).slice(0, endpointsAsked)
      const either = AbortSignal.any([signal, enough.signal])
      await Promise.any(endpoints.map((endpoint) => this.#ask(endpoint, path, either)))
      return passed
    } catch (error) {
      signal.throwIfAborted()
      const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error
      return failed('FailedDiscoveryCheck', last instanceof Error ? last.message : String(last))
    } finally {
      enough.abort()
    }
  }

  async #ask({ host, port }: ServiceAddress, path: string, signal: AbortSignal): Promise<void> {
    const { http, clock, certificate } = this.#options.tools
    const url = `https://${authorityOf(host, port)}${path}`
    const fail = (why: string): Error => new Error(`failing or missing response from ${url}: ${why}`)
    // Nothing is learned from the answer but that there is one, so anybody's certificate will do.
    const request = { method: 'GET', url, headers: identityHeaders(prober), tls: { ...certificate(), insecure: true } }
    let status: number
    try {
      status = await withinTime(clock, probeTimeoutMs, signal, async (either) => {
        const answer = await http.request(request, either)
        await answer.readBody(documentBytesMax)
        return answer.status
      })
    } catch (error) {
      throw fail(`Get ${JSON.stringify(url)}: ${dialFailure(error)}`)
    }
    if (status < 200 || status >= 300) throw fail(`bad status from ${url}: ${status}`)
  }
}

/** Read to the end, so that the connection can be used again. */
const documentBytesMax = 16 * 1024 * 1024

function nameOf(entry: Entry): string {
  return entry.key.slice(entry.key.lastIndexOf('/') + 1)
}

function ownerOf(entry: Entry): string | undefined {
  return decodeLean(entry).metadata.labels?.['kubernetes.io/service-name']
}
