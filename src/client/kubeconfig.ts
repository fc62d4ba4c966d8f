/** Where the cluster is and who we are there, from a kubeconfig (client-go's clientcmd/api/v1). */

export interface Kubeconfig {
  readonly currentContext: string
  readonly clusters: ReadonlyMap<string, ClusterEntry>
  readonly users: ReadonlyMap<string, UserEntry>
  readonly contexts: ReadonlyMap<string, ContextEntry>
}

/** Either the bytes themselves (PEM text), or a file to read, relative to the kubeconfig's own folder. */
export type DataOrFile = { readonly text: string } | { readonly file: string }

export interface ClusterEntry {
  readonly server: string
  readonly certificateAuthority: DataOrFile | undefined
  readonly insecure: boolean
  readonly serverName: string | undefined
  readonly proxyUrl: string | undefined
}

export interface UserEntry {
  readonly certificate: DataOrFile | undefined
  readonly key: DataOrFile | undefined
  readonly token: DataOrFile | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly impersonate: string | undefined
  readonly exec: ExecEntry | undefined
}

/** A credential plugin: a program that prints an ExecCredential. */
export interface ExecEntry {
  readonly apiVersion: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
}

export interface ContextEntry {
  readonly cluster: string
  readonly user: string
  readonly namespace: string | undefined
}

/** What a transport needs, with every file read. */
export interface Connection {
  readonly server: string
  readonly namespace: string
  readonly tls: {
    readonly ca?: string
    readonly certificate?: string
    readonly key?: string
    readonly insecure?: boolean
    readonly serverName?: string
  }
  readonly token: string | undefined
}

class KubeconfigError extends Error {}

type Fields = Readonly<Record<string, unknown>>

/**
 * Takes the decoded YAML or JSON document. Throws KubeconfigError for what is not a kubeconfig; unknown
 * fields are ignored.
 */
export function parseKubeconfig(document: unknown): Kubeconfig {
  const root = fieldsOf(document, 'the kubeconfig')
  if (root['kind'] !== undefined && root['kind'] !== 'Config') {
    throw new KubeconfigError(`kind is ${String(root['kind'])}, not Config`)
  }
  return {
    currentContext: text(root, 'current-context') ?? '',
    clusters: named(root, 'clusters', 'cluster', parseCluster),
    users: named(root, 'users', 'user', parseUser),
    contexts: named(root, 'contexts', 'context', parseContext),
  }
}

/** Several files as kubectl's KUBECONFIG has them: the first to name something wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const merge = <V,>(maps: readonly ReadonlyMap<string, V>[]): ReadonlyMap<string, V> =>
    new Map(maps.toReversed().flatMap((map) => [...map]))
  return {
    currentContext: configs.find((config) => config.currentContext !== '')?.currentContext ?? '',
    clusters: merge(configs.map((config) => config.clusters)),
    users: merge(configs.map((config) => config.users)),
    contexts: merge(configs.map((config) => config.contexts)),
  }
}

/**
 * Resolves a context (default: the current one). `readFile` gives a file's text; its failure is the
 * caller's to explain.
 */
export async function connectionOf(
  config: Kubeconfig, readFile: (path: string) => Promise<string>, contextName: string = config.currentContext,
): Promise<Connection> {
  const context = config.contexts.get(contextName)
  if (!context) throw new KubeconfigError(`context ${JSON.stringify(contextName)} does not exist`)
  const cluster = config.clusters.get(context.cluster)
  if (!cluster) throw new KubeconfigError(`cluster ${JSON.stringify(context.cluster)} does not exist`)
  const user = config.users.get(context.user)
  const read = async (source: DataOrFile | undefined): Promise<string | undefined> =>
    source === undefined ? undefined : 'text' in source ? source.text : await readFile(source.file)
  const ca = await read(cluster.certificateAuthority)
  const certificate = await read(user?.certificate)
  const key = await read(user?.key)
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: context.namespace ?? 'default',
    tls: {
      ...(ca !== undefined && { ca }),
      ...(certificate !== undefined && { certificate }),
      ...(key !== undefined && { key }),
      ...(cluster.insecure && { insecure: true }),
      ...(cluster.serverName !== undefined && { serverName: cluster.serverName }),
    },
    token: (await read(user?.token))?.trim(),
  }
}

function parseCluster(fields: Fields): ClusterEntry {
  const server = text(fields, 'server')
  if (server === undefined) throw new KubeconfigError('a cluster has no server')
  return {
    server,
    certificateAuthority: dataOrFile(fields, 'certificate-authority'),
    insecure: fields['insecure-skip-tls-verify'] === true,
    serverName: text(fields, 'tls-server-name'),
    proxyUrl: text(fields, 'proxy-url'),
  }
}

function parseUser(fields: Fields): UserEntry {
  const token = text(fields, 'token')
  const tokenFile = text(fields, 'tokenFile')
  return {
    certificate: dataOrFile(fields, 'client-certificate'),
    key: dataOrFile(fields, 'client-key'),
    // The file wins, as it may be rotated.
    token: tokenFile !== undefined ? { file: tokenFile } : token !== undefined ? { text: token } : undefined,
    username: text(fields, 'username'),
    password: text(fields, 'password'),
    impersonate: text(fields, 'as'),
    exec:
      fields['exec'] === undefined || fields['exec'] === null ? undefined : parseExec(fieldsOf(fields['exec'], 'exec')),
  }
}

function parseExec(fields: Fields): ExecEntry {
  const args = Array.isArray(fields['args']) ? fields['args'].map(String) : []
  const env = Array.isArray(fields['env']) ? fields['env'].map((item) => fieldsOf(item, 'env')) : []
  return {
    apiVersion: text(fields, 'apiVersion') ?? 'client.authentication.k8s.io/v1',
    command: text(fields, 'command') ?? '',
    args,
    env: env.map((item) => ({ name: text(item, 'name') ?? '', value: text(item, 'value') ?? '' })),
  }
}

function parseContext(fields: Fields): ContextEntry {
  return {
    cluster: text(fields, 'cluster') ?? '',
    user: text(fields, 'user') ?? '',
    namespace: text(fields, 'namespace'),
  }
}

function dataOrFile(fields: Fields, name: string): DataOrFile | undefined {
  const data = text(fields, `${name}-data`)
  if (data !== undefined) return { text: decodeBase64(data, `${name}-data`) }
  const file = text(fields, name)
  return file === undefined ? undefined : { file }
}

function decodeBase64(data: string, what: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(data))
  } catch (error) {
    throw new KubeconfigError(`${what} is not base64`, { cause: error })
  }
}

function named<V>(root: Fields, list: string, field: string, parse: (fields: Fields) => V): ReadonlyMap<string, V> {
  const items = root[list] ?? []
  if (!Array.isArray(items)) throw new KubeconfigError(`${list} is not a list`)
  const result = new Map<string, V>()
  for (const item of items) {
    const entry = fieldsOf(item, `an entry of ${list}`)
    result.set(text(entry, 'name') ?? '', parse(fieldsOf(entry[field] ?? {}, field)))
  }
  return result
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw new KubeconfigError(`${name} is not a text`)
  return value
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KubeconfigError(`${what} is not an object`)
  }
  return value as Fields
}
