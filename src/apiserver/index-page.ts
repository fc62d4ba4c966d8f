/** `/`: the paths that there are. */
import { utf8Encode } from '#base/bytes.ts'
import { groupsOf, type ForeignVersions } from './discovery/documents.ts'
import type { KindRegistry } from './kind-registry.ts'
import type { PathHandler } from './paths.ts'

export function serveIndex(
  kinds: KindRegistry, others: readonly string[], foreign: ForeignVersions | undefined,
): PathHandler {
  return ({ request }) => {
    if (request.path !== '/' && request.path !== '') return undefined
    const paths = ['/api', '/apis', ...others]
    for (const { name, versions } of groupsOf(kinds.kinds, foreign)) {
      if (name !== '') paths.push(`/apis/${name}`)
      for (const { version } of versions) paths.push(name === '' ? `/api/${version}` : `/apis/${name}/${version}`)
    }
    return {
      status: 200, headers: { 'content-type': 'application/json' },
      body: { type: 'bytes', chunks: [utf8Encode(JSON.stringify({ paths: paths.toSorted() }, undefined, 2))] },
    }
  }
}
