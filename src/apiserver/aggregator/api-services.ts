/** The APIServices there are, kept as the store has them: which versions of groups other servers serve, and where. */
import { apiService } from '#api/apiregistration/apiservice/apiservice.ts'
import type { APIService } from '#api/gen/apiregistration-v1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { GroupVersion } from '#machinery/meta/group-version.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Store } from '#storage/store.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeLean } from '../rest/stored-form.ts'
import { StoreFollower } from '../store-follower.ts'
import type { GroupVersionPriority } from './group-priorities.ts'

/** The port of a Service whose APIService names none. */
const defaultPort = 443

/** A version of a group that another server serves, behind a Service. */
export interface RemoteVersion extends GroupVersion {
  /** Of the APIService: `v1beta1.metrics.k8s.io`. */
  readonly name: string
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number }
  /** PEM of the authority that the server's certificate is checked against; undefined: the system's. */
  readonly authority: string | undefined
  readonly insecure: boolean
  /** What its condition says. */
  readonly available: boolean
  readonly priority: GroupVersionPriority
}

/** Called with the name of each APIService that was made, changed or deleted. */
type Listener = (name: string) => void

export class ApiServices {
  readonly #all = new Map<string, Stored<APIService>>()
  readonly #remote = new Map<string, RemoteVersion>()
  readonly #names = new Map<string, string>()
  readonly #listeners = new Set<Listener>()
  readonly #follower: StoreFollower
  #generation = 0

  constructor(store: Store) {
    this.#follower = new StoreFollower(store, [{
      range: collectionRange(apiService, ''),
      clear: () => { for (const key of [...this.#names.keys()]) this.#forget(key) },
      put: (entry) => this.#observe(entry.key, decodeLean<APIService>(entry)),
      delete: (entry) => this.#forget(entry.key),
    }])
  }

  /** Grows with each change. */
  get generation(): number {
    return this.#generation
  }

  get(name: string): Stored<APIService> | undefined {
    return this.#all.get(name)
  }

  get hasRemotes(): boolean {
    return this.#remote.size > 0
  }

  /** In no certain order. */
  get remotes(): Iterable<RemoteVersion> {
    return this.#remote.values()
  }

  /** Undefined: served by this server, or by none. */
  remote(group: string, version: string): RemoteVersion | undefined {
    return this.remoteNamed(`${version}.${group}`)
  }

  /** By the name of its APIService. */
  remoteNamed(name: string): RemoteVersion | undefined {
    return this.#remote.get(name)
  }

  /** What an administrator has set for a version, whoever serves it. */
  priority(group: string, version: string): GroupVersionPriority | undefined {
    const found = this.#all.get(`${version}.${group}`)
    return found && priorityOf(found)
  }

  /** Calls back after every change, until the returned function is called. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#follower.run(signal)
  }

  #observe(key: string, service: Stored<APIService>): void {
    const { name } = service.metadata
    this.#names.set(key, name)
    this.#all.set(name, service)
    const remote = remoteVersion(service)
    if (remote) this.#remote.set(name, remote)
    else this.#remote.delete(name)
    this.#changed(name)
  }

  #forget(key: string): void {
    const name = this.#names.get(key)
    if (name === undefined) return
    this.#names.delete(key)
    this.#all.delete(name)
    this.#remote.delete(name)
    this.#changed(name)
  }

  #changed(name: string): void {
    this.#generation++
    for (const listener of this.#listeners) listener(name)
  }
}

function priorityOf({ spec }: Stored<APIService>): GroupVersionPriority {
  return { group: spec?.groupPriorityMinimum ?? 0, version: spec?.versionPriority ?? 0 }
}

function remoteVersion(object: Stored<APIService>): RemoteVersion | undefined {
  const { spec, status, metadata } = object
  if (!spec?.service) return undefined
  const bundle = spec.caBundle ? utf8Decode(base64Decode(spec.caBundle) ?? new Uint8Array()) : ''
  return {
    name: metadata.name,
    group: spec.group ?? '',
    version: spec.version ?? '',
    service: {
      namespace: spec.service.namespace ?? '', name: spec.service.name ?? '', port: spec.service.port ?? defaultPort,
    },
    authority: bundle === '' ? undefined : bundle,
    insecure: spec.insecureSkipTLSVerify ?? false,
    available: isConditionTrue(status?.conditions, 'Available'),
    priority: priorityOf(object),
  }
}
