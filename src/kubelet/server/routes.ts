/** What a request to a kubelet asks for, in terms that roles can grant. */

export interface KubeletAttributes {
  /** get, create, update, patch or delete, of the node. */
  readonly verb: string
  readonly nodeName: string
  /** `proxy` grants everything that no finer one names. */
  readonly subresource: string
  readonly path: string
}

const verbs: Readonly<Record<string, string>> = {
  GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete',
}
const subresources: Readonly<Record<string, string>> = {
  stats: 'stats',
  metrics: 'metrics',
  logs: 'log',
  healthz: 'healthz',
  pods: 'pods',
  runningpods: 'pods',
  configz: 'configz',
}

export function attributesOf(method: string, path: string, nodeName: string): KubeletAttributes {
  const first = path.split('/').find((part) => part !== '') ?? ''
  return { verb: verbs[method] ?? '', nodeName, subresource: subresources[first] ?? 'proxy', path }
}
