/** What other API servers serve behind this one (APIServices), as its discovery tells. */
import type { APIService } from '#api/gen/apiregistration-v1.ts'
import type { Client } from '#client/client.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { resourceKey, type ServedResource } from './resources.ts'

export interface AggregatedResource extends ServedResource {
  readonly verbs: ReadonlySet<string>
}

export interface AggregatedDiscovery {
  /** Each once, in the version that its group prefers. */
  readonly resources: readonly AggregatedResource[]
  /** Versions whose server does not say what it has: `metrics.k8s.io/v1beta1`. */
  readonly stale: readonly string[]
}

const none: AggregatedDiscovery = { resources: [], stale: [] }
const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

interface GroupDiscovery {
  readonly metadata: { readonly name: string }
  readonly versions: readonly {
    readonly version: string
    readonly freshness?: string
    readonly resources?: readonly {
      readonly resource: string
      readonly scope: string
      readonly verbs?: readonly string[]
      readonly responseKind?: { readonly kind?: string }
    }[]
  }[]
}

/** Asks nobody when every version is the API server's own. */
export async function discoverAggregated(
  client: Client, services: readonly Stored<APIService>[], signal: AbortSignal,
): Promise<AggregatedDiscovery> {
  const remote = new Set(
    services.filter(({ spec }) => spec?.service).map(({ spec }) => `${spec!.group}/${spec!.version}`),
  )
  if (remote.size === 0) return none
  const document = await client.transport.document('/apis', { accept, signal })
  const { items = [] } = document as { readonly items?: readonly GroupDiscovery[] }
  const resources = new Map<string, AggregatedResource>()
  const stale: string[] = []
  for (const { metadata: { name: group }, versions } of items) {
    for (const { version, freshness, resources: served = [] } of versions) {
      if (!remote.has(`${group}/${version}`)) continue
      if (freshness === 'Stale') {
        stale.push(`${group}/${version}`)
        continue
      }
      for (const { resource, scope, verbs = [], responseKind } of served) {
        const name = { group, version, resource }
        const key = resourceKey(name)
        if (resources.has(key)) continue
        const kind = responseKind?.kind ?? ''
        resources.set(key, { name, kind, namespaced: scope === 'Namespaced', verbs: new Set(verbs) })
      }
    }
  }
  return { resources: [...resources.values()], stale: stale.toSorted() }
}

/** As upstream's clients say that discovery told less than all; undefined: it told all. */
export function discoveryFailure({ stale }: AggregatedDiscovery): string | undefined {
  if (stale.length === 0) return undefined
  const versions = stale.map((version) => `${version}: stale GroupVersion discovery: ${version}`).join(', ')
  const why = `unable to retrieve the complete list of server APIs: ${versions}`
  return `Discovery failed for some groups, ${stale.length} failing: ${why}`
}
