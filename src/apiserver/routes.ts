/**
 * What upstream's routers do before anybody looks at a request. Versions and documents of its own they serve to GET
 * only, and refuse what they do not know below them with an object; everything else has every method, and a page.
 */
import { noSuchPath } from '#machinery/errors/api-error.ts'
import type { Exchange } from './exchange.ts'
import type { KindRegistry } from './kind-registry.ts'
import { methodNotServed } from './rest/refuse.ts'

const documents: readonly string[] = ['/version', '/.well-known/openid-configuration', '/openid/v1/jwks']
/** The only group whose own document is served to GET only: the others' are the aggregator's. */
const aggregatorGroup = 'apiregistration.k8s.io'

/** Throws ApiError 405 for a document that is asked for by another method than GET. */
export function refuseMethod({ request: { method, path } }: Exchange, kinds: KindRegistry): void {
  if (method !== 'GET' && isGetOnly(withoutSlash(path), kinds)) throw methodNotServed()
}

/** `path` has no slash at its end. */
export function isGetOnly(path: string, kinds: KindRegistry): boolean {
  if (path === '/api' || documents.includes(path)) return true
  const [, prefix, group = '', version, ...more] = path.split('/')
  if (prefix === 'api') return version === undefined && kinds.serves('', group)
  if (prefix !== 'apis' || more.length > 0) return false
  if (version === undefined) return group === aggregatorGroup
  return kinds.serves(group, version) && isBuiltInGroup(kinds, group)
}

/** Throws ApiError 404 for what nobody has answered, where that is no page. */
export function refuseUnknown({ request: { path } }: Exchange, kinds: KindRegistry): void {
  if (documents.some((document) => path.startsWith(`${document}/`))) throw noSuchPath()
  const [, prefix, group = ''] = path.split('/')
  if (prefix === 'api' || (prefix === 'apis' && isBuiltInGroup(kinds, group))) throw noSuchPath()
}

function isBuiltInGroup({ kinds }: KindRegistry, group: string): boolean {
  return kinds.some((kind) => kind.group === group && !kind.storedVersion.custom)
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
