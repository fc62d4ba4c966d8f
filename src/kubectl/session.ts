/**
 * One run of a command against one cluster: its configuration, connection and known resources, each made when
 * first asked for.
 */
import { createHttpRequests, type HttpRequests } from '#client/http-requests.ts'
import {
  connectionOf,
  mergeKubeconfigs,
  parseKubeconfig,
  type Connection,
  type Kubeconfig,
  type UserEntry,
} from '#client/kubeconfig.ts'
import { parseDuration } from '#machinery/duration.ts'
import type { Environment } from './environment.ts'
import { CommandError, ConnectionError } from './errors.ts'
import type { Flags } from './pflag.ts'
import { discover, type ResourceCatalog } from './resources.ts'

export class Session {
  readonly environment: Environment
  /** Global flags only: a command may have a flag of its own that is called `--user`. */
  readonly flags: Flags
  #config: Promise<Kubeconfig> | undefined
  #connection: Promise<Connection & { readonly headers: Readonly<Record<string, string>> }> | undefined
  #requests: Promise<HttpRequests> | undefined
  #catalog: Promise<ResourceCatalog> | undefined
  #warnings = 0

  constructor(environment: Environment, flags: Flags) {
    this.environment = environment
    this.flags = flags
  }

  /** In the order in which they count; the first one that exists is written to by `config`. */
  get configFiles(): readonly string[] {
    const given = this.flags.string('kubeconfig')
    if (given !== '') return [given]
    const listed = (this.environment.variables['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '')
    return listed.length > 0 ? listed : [`${this.environment.homeDirectory}/.kube/config`]
  }

  config(): Promise<Kubeconfig> {
    return this.#config ??= this.#readConfig()
  }

  /** `explicit` when the user named it with a flag. */
  async namespace(): Promise<{ readonly name: string; readonly explicit: boolean }> {
    const given = this.flags.string('namespace')
    if (given !== '') return { name: given, explicit: true }
    return { name: (await this.connection()).namespace, explicit: false }
  }

  connection(): Promise<Connection & { readonly headers: Readonly<Record<string, string>> }> {
    return this.#connection ??= this.#connect()
  }

  requests(): Promise<HttpRequests> {
    return this.#requests ??= this.#open()
  }

  resources(): Promise<ResourceCatalog> {
    return this.#catalog ??= this.requests().then((requests) => discover(requests))
  }

  /** Asks again: a definition may just have been created. */
  async refreshResources(): Promise<ResourceCatalog> {
    this.#catalog = undefined
    return await this.resources()
  }

  get warnings(): number {
    return this.#warnings
  }

  /** The flag --request-timeout, in milliseconds; 0 is none. A number without a unit is seconds. */
  get requestTimeout(): number {
    const text = this.flags.string('request-timeout')
    return Number(/^\d+$/.test(text) ? parseDuration(`${text}s`) : parseDuration(text === '' ? '0s' : text)) / 1e6
  }

  async #readConfig(): Promise<Kubeconfig> {
    const explicit = this.flags.string('kubeconfig')
    const { decodeYamlValue } = await import('#machinery/codec/yaml.ts')
    const configs: Kubeconfig[] = []
    for (const path of this.configFiles) {
      const bytes = await this.environment.files.read(path)
      if (!bytes && explicit !== '') throw new CommandError(`stat ${path}: no such file or directory`)
      if (!bytes || bytes.length === 0) continue
      const text = new TextDecoder().decode(bytes)
      try {
        configs.push(
          resolvePaths(
            parseKubeconfig((text.startsWith('{') ? JSON.parse(text) : decodeYamlValue(text)) ?? {}),
            directoryOf(path),
          ),
        )
      } catch (error) {
        throw new CommandError(`error loading config file "${path}": ${(error as Error).message}`, { cause: error })
      }
    }
    return mergeKubeconfigs(configs)
  }

  async #connect(): Promise<Connection & { readonly headers: Readonly<Record<string, string>> }> {
    const config = await this.config()
    const contextName = this.flags.string('context') || config.currentContext
    const context = config.contexts.get(contextName)
    if (!context && contextName !== '') {
      throw new CommandError(`Error in configuration: context was not found for specified context: ${contextName}`, {
        verbatim: true,
      })
    }
    const clusterName = this.flags.string('cluster') || (context?.cluster ?? '')
    const userName = this.flags.string('user') || (context?.user ?? '')
    const server = this.flags.string('server')
    if (clusterName !== '' && !config.clusters.has(clusterName) && server === '') {
      throw new CommandError(`cluster ${JSON.stringify(clusterName)} does not exist`)
    }
    if (userName !== '' && !config.users.has(userName)) {
      throw new CommandError(`auth info ${JSON.stringify(userName)} does not exist`)
    }
    const known = config.clusters.get(clusterName)
    const merged: Kubeconfig = {
      ...config,
      contexts: new Map([
        ['', { cluster: 'given', user: userName, namespace: this.flags.string('namespace') || context?.namespace }],
      ]),
      clusters: new Map([['given', {
        certificateAuthority: known?.certificateAuthority, proxyUrl: known?.proxyUrl,
        server: server || (known?.server ?? 'http://localhost:8080'),
        insecure: this.flags.bool('insecure-skip-tls-verify') || (known?.insecure ?? false),
        serverName: this.flags.string('tls-server-name') || known?.serverName,
        ...(this.flags.string('certificate-authority') !== '' && {
          certificateAuthority: { file: this.flags.string('certificate-authority') },
        }),
      }]]),
      users: new Map([[userName, this.#user(config.users.get(userName))]]),
    }
    const connection = await connectionOf(merged, (path) => this.#readText(path), '')
    const withScheme = /^https?:\/\//.test(connection.server) ? connection.server : `http://${connection.server}`
    return { ...connection, server: withScheme, headers: this.#headers(merged.users.get(userName)!, connection.token) }
  }

  #user(known: UserEntry | undefined): UserEntry {
    const flag = (name: string): string | undefined => this.flags.string(name) || undefined
    const certificate = flag('client-certificate')
    const key = flag('client-key')
    const token = flag('token')
    return {
      certificate: certificate ? { file: certificate } : known?.certificate,
      key: key ? { file: key } : known?.key,
      token: token ? { text: token } : known?.token,
      username: flag('username') ?? known?.username,
      password: flag('password') ?? known?.password,
      impersonate: flag('as') ?? known?.impersonate,
      exec: known?.exec,
    }
  }

  #headers(user: UserEntry, token: string | undefined): Readonly<Record<string, string>> {
    const groups = this.flags.list('as-group')
    const uid = this.flags.string('as-uid')
    const { gitVersion } = this.environment.version
    return {
      'user-agent': `skiff-kubectl/${gitVersion}`,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(user.username !== undefined && token === undefined && {
        authorization: `Basic ${new TextEncoder().encode(`${user.username}:${user.password ?? ''}`).toBase64()}`,
      }),
      ...(user.impersonate !== undefined && { 'impersonate-user': user.impersonate }),
      ...(groups.length > 0 && { 'impersonate-group': groups.join(', ') }),
      ...(uid !== '' && { 'impersonate-uid': uid }),
    }
  }

  async #open(): Promise<HttpRequests> {
    const { server, tls, headers } = await this.connection()
    const requests = createHttpRequests({
      http: this.environment.http, server, headers, ...(server.startsWith('https:') && { tls }),
      onWarning: (text) => {
        this.#warnings++
        this.environment.error(`Warning: ${text}\n`)
      },
    })
    const timeout = this.requestTimeout
    return timeout === 0
      ? withConnectionErrors(requests, server)
      : withConnectionErrors(withTimeout(requests, timeout, this.environment), server)
  }

  async #readText(path: string): Promise<string> {
    const bytes = await this.environment.files.read(path)
    if (!bytes) throw new CommandError(`unable to read ${path}: no such file or directory`)
    return new TextDecoder().decode(bytes)
  }
}

/** Says who could not be reached; Node's own words for it mean nothing to a user of kubectl. */
function withConnectionErrors(requests: HttpRequests, server: string): HttpRequests {
  const host = new URL(server).host
  const explain = (error: unknown): unknown => {
    const code = (error as { readonly code?: unknown }).code
    if (typeof code !== 'string') return error
    return new ConnectionError(host, code === 'ECONNREFUSED', (error as Error).message, error)
  }
  const guard = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw explain(error)
    }
  }
  return {
    send: (request) => guard(requests.send(request)),
    text: (request) => guard(requests.text(request)),
    json: (request) => guard(requests.json(request)),
    async *stream(request) {
      try {
        yield* requests.stream(request)
      } catch (error) {
        throw explain(error)
      }
    },
  }
}

function withTimeout(requests: HttpRequests, ms: number, { clock }: Environment): HttpRequests {
  const limited = async <T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const stop = new AbortController()
    const timer = clock.schedule(ms, () =>
      stop.abort(
        new ConnectionError(
          '',
          false,
          'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
          undefined,
        ),
      ),
    )
    try {
      return await work(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal)
    } finally {
      timer.cancel()
    }
  }
  return {
    ...requests,
    send: (request) => limited(request.signal, (signal) => requests.send({ ...request, signal })),
    text: (request) => limited(request.signal, (signal) => requests.text({ ...request, signal })),
    json: (request) => limited(request.signal, (signal) => requests.json({ ...request, signal })),
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash) || '/'
}

/** Files named in a kubeconfig are relative to it. */
function resolvePaths(config: Kubeconfig, directory: string): Kubeconfig {
  const resolve = <T extends { readonly text: string } | { readonly file: string } | undefined>(source: T): T =>
    source && 'file' in source && !source.file.startsWith('/')
      ? ({ file: `${directory}/${source.file}` } as unknown as T)
      : source
  return {
    ...config,
    clusters: new Map(
      [...config.clusters].map(([name, cluster]) => [
        name,
        { ...cluster, certificateAuthority: resolve(cluster.certificateAuthority) },
      ]),
    ),
    users: new Map([...config.users].map(([name, user]) =>
      [name, { ...user, certificate: resolve(user.certificate), key: resolve(user.key), token: resolve(user.token) }])),
  }
}
