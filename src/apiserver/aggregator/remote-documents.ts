/** What the servers behind APIServices say of themselves: discovery and OpenAPI, fetched and kept. */
import { hexEncode, utf8Decode } from '#base/bytes.ts'
import { sha256 } from '#base/sha256.ts'
import { withTaskGroup } from '#base/task-group.ts'
import { WorkQueue } from '#client/workqueue.ts'
import type { Log } from '#world/log.ts'
import { dialFailure } from '../dial-failure.ts'
import type { JsonObject } from '../openapi/definitions.ts'
import { takePart, type ForeignPart } from '../openapi/merge.ts'
import type { ApiServices, RemoteVersion } from './api-services.ts'
import {
  readGroupDiscoveryList,
  readResourceList,
  type ResourceDiscovery,
  type VersionsDiscovery,
} from './discovery-forms.ts'
import type { GroupVersionPriority } from './group-priorities.ts'
import { askRemote, type OwnAnswer, type ProxyTools } from './proxy.ts'

/** A version that another server serves, as discovery shows it. */
export interface AggregatedVersion {
  readonly group: string
  readonly version: string
  readonly priority: GroupVersionPriority
  readonly resources: readonly ResourceDiscovery[]
  /** Stale: the server could not be asked, and what is known of it may no longer hold. */
  readonly freshness: 'Current' | 'Stale'
}

/** In an index of OpenAPI v3. */
interface DocumentReference {
  readonly serverRelativeURL?: unknown
}

interface Known {
  resources: readonly ResourceDiscovery[]
  freshness: 'Current' | 'Stale'
  discovery: { readonly etag: string; readonly versions: VersionsDiscovery } | undefined
  openApiV2: ForeignPart | undefined
  /** Where the document of v3 is: a path and a hash of the content. */
  openApiV3: { readonly etag: string; readonly url: string } | undefined
}

const workers = 2
/** A server's kinds may change without its APIService. */
const askAgainMs = 60_000
const discoveryTimeoutMs = 5_000
const openApiTimeoutMs = 60_000
const discoveryBytesMax = 16 * 1024 * 1024
const openApiBytesMax = 32 * 1024 * 1024
const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
const acceptDiscovery = [aggregated('v2'), aggregated('v2beta1'), 'application/json'].join(',')
const discoverer = { name: 'system:kube-aggregator', groups: ['system:masters'] }
const openApiReader = { name: 'system:aggregator', groups: ['system:authenticated'] }

export class RemoteDocuments {
  readonly #services: ApiServices
  readonly #tools: ProxyTools
  readonly #log: Log
  readonly #queue: WorkQueue
  /** By name of the APIService. */
  readonly #known = new Map<string, Known>()
  #generation = 0

  constructor(services: ApiServices, tools: ProxyTools, log: Log) {
    this.#services = services
    this.#tools = tools
    this.#log = log
    this.#queue = new WorkQueue({ clock: tools.clock })
  }

  /** Grows with each change of a document; the APIServices have a generation of their own. */
  get generation(): number {
    return this.#generation
  }

  versions(): readonly AggregatedVersion[] {
    return [...this.#services.remotes].map(({ name, group, version, priority }) => {
      const { resources = [], freshness = 'Stale' } = this.#known.get(name) ?? {}
      return { group, version, priority, resources, freshness }
    })
  }

  /** The part of each server's v2 document that is about its version; the higher priorities first. */
  openApiV2(): readonly ForeignPart[] {
    const order = [...this.#services.remotes].toSorted((a, b) => b.priority.group - a.priority.group)
    return order.flatMap(({ name }) => this.#known.get(name)?.openApiV2 ?? [])
  }

  /** Where each document of v3 is, and who serves it, by key (`apis/wardle.example.com/v1`). */
  openApiV3(): ReadonlyMap<string, { readonly remote: RemoteVersion; readonly url: string }> {
    const found = new Map<string, { readonly remote: RemoteVersion; readonly url: string }>()
    for (const remote of this.#services.remotes) {
      const spec = this.#known.get(remote.name)?.openApiV3
      if (spec) found.set(documentKey(remote), { remote, url: spec.url })
    }
    return found
  }

  /** The same parts, of servers that have no document of v3. */
  openApiWithoutV3(): ReadonlyMap<string, ForeignPart> {
    const found = new Map<string, ForeignPart>()
    for (const remote of this.#services.remotes) {
      const known = this.#known.get(remote.name)
      if (known?.openApiV2 && !known.openApiV3) found.set(documentKey(remote), known.openApiV2)
    }
    return found
  }

  /** Fetches them again whenever an APIService changes, and from time to time, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = this.#services.onChange((name) => this.#queue.add(name))
    signal.addEventListener('abort', () => this.#queue.close(), { once: true })
    for (const { name } of this.#services.remotes) this.#queue.add(name)
    try {
      await withTaskGroup(signal, async (group) => {
        for (let worker = 0; worker < workers; worker++) {
          group.start((inner) => this.#queue.each(inner, (name) => this.#refresh(name, inner)))
        }
        await group.settled()
      })
    } finally {
      ended()
    }
  }

  async #refresh(name: string, signal: AbortSignal): Promise<void> {
    const remote = this.#services.remoteNamed(name)
    if (!remote) {
      if (this.#known.delete(name)) this.#generation++
      return
    }
    this.#queue.addAfter(name, askAgainMs)
    let known = this.#known.get(name)
    if (!known) {
      known = {
        resources: [], freshness: 'Stale', discovery: undefined, openApiV2: undefined, openApiV3: undefined,
      }
      this.#known.set(name, known)
    }
    const before = { ...known }
    known.freshness = await this.#attempt(remote, 'discovery', () => this.#discover(remote, known, signal), signal)
      ? 'Current' : 'Stale'
    if (known.freshness === 'Current') {
      await this.#attempt(remote, 'OpenAPI v3', () => this.#fetchV3(remote, known, signal), signal)
      await this.#attempt(remote, 'OpenAPI v2', () => this.#fetchV2(remote, known, signal), signal)
    }
    const isSame = (Object.keys(before) as (keyof Known)[]).every((key) => before[key] === known[key])
    if (!isSame) this.#generation++
  }

  async #attempt(
    remote: RemoteVersion, what: string, work: () => Promise<void>, signal: AbortSignal,
  ): Promise<boolean> {
    if (!remote.available) return false
    try {
      await work()
      return true
    } catch (error) {
      // Whatever another server answers, it must not end this one.
      if (!signal.aborted) {
        this.#log.warn(`could not read the ${what} of an API server`, { name: remote.name, error: dialFailure(error) })
      }
      return false
    }
  }

  async #discover(remote: RemoteVersion, known: Known, signal: AbortSignal): Promise<void> {
    const { group, version } = remote
    const ask = (path: string, accept: string, etag: string): Promise<OwnAnswer> => askRemote(this.#tools, remote, {
      path, user: discoverer, headers: { accept, ...(etag !== '' && { 'if-none-match': etag }) },
      timeoutMs: discoveryTimeoutMs, limitBytes: discoveryBytesMax,
    }, signal)
    const answer = await ask('/apis', acceptDiscovery, known.discovery?.etag ?? '')
    if (answer.status === 304 && known.discovery) return
    if (answer.status === 503) throw new Error(`it answered ${answer.status}`)
    const isAggregated = answer.status === 200 && answer.headers['content-type']?.includes('as=APIGroupDiscoveryList')
    const versions = isAggregated ? readGroupDiscoveryList(parse(answer)) : undefined
    if (versions) {
      known.discovery = { etag: answer.headers['etag'] ?? '', versions }
      known.resources = versions.get(`${group}/${version}`) ?? []
      return
    }
    const list = await ask(`/apis/${group}/${version}`, 'application/json', '')
    if (list.status !== 200) throw new Error(`/apis/${group}/${version} answered ${list.status}`)
    const resources = readResourceList(parse(list), remote)
    if (!resources) throw new Error(`/apis/${group}/${version} is no APIResourceList`)
    if (JSON.stringify(resources) !== JSON.stringify(known.resources)) known.resources = resources
    known.discovery = undefined
  }

  async #fetchV3(remote: RemoteVersion, known: Known, signal: AbortSignal): Promise<void> {
    const answer = await this.#askOpenApi(remote, '/openapi/v3', known.openApiV3?.etag, signal)
    if (answer === 'unchanged') return
    if (answer === 'none') {
      known.openApiV3 = undefined
      return
    }
    const index = parse(answer) as { readonly paths?: Readonly<Record<string, DocumentReference>> }
    // Whatever else that server describes is its own affair, and must not pass for this one's.
    const url = index.paths?.[documentKey(remote)]?.serverRelativeURL
    const etag = answer.headers['etag'] ?? ''
    if (typeof url !== 'string') known.openApiV3 = undefined
    else if (known.openApiV3?.url !== url || known.openApiV3.etag !== etag) known.openApiV3 = { etag, url }
  }

  async #fetchV2(remote: RemoteVersion, known: Known, signal: AbortSignal): Promise<void> {
    const answer = await this.#askOpenApi(remote, '/openapi/v2', known.openApiV2?.etag, signal)
    if (answer === 'unchanged') return
    if (answer === 'none') {
      known.openApiV2 = undefined
      return
    }
    const etag = answer.headers['etag'] || `"${hexEncode(sha256(answer.body))}"`
    if (known.openApiV2?.etag !== etag) known.openApiV2 = takePart(parse(answer) as JsonObject, remote, etag)
  }

  async #askOpenApi(
    remote: RemoteVersion, path: string, etag: string | undefined, signal: AbortSignal,
  ): Promise<OwnAnswer | 'unchanged' | 'none'> {
    const answer = await askRemote(this.#tools, remote, {
      path, user: openApiReader, headers: { accept: 'application/json', ...(etag && { 'if-none-match': etag }) },
      timeoutMs: openApiTimeoutMs, limitBytes: openApiBytesMax,
    }, signal)
    if (answer.status === 304 && etag) return 'unchanged'
    if (answer.status === 404 || answer.status === 406) return 'none'
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
    return answer
  }
}

function documentKey({ group, version }: RemoteVersion): string {
  return `apis/${group}/${version}`
}

function parse({ body }: OwnAnswer): unknown {
  return JSON.parse(utf8Decode(body))
}
