/** Which resource a key of the store belongs to, and which entry of a configuration speaks of it. */
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { kindPrefix } from '../rest/keys.ts'

/** `*` stands for any. */
export interface GroupResource {
  readonly group: string
  readonly resource: string
}

/** `deployments.apps`, `secrets`, `*.` (all of the core group); as schema.ParseGroupResource. */
export function parseGroupResource(text: string): GroupResource {
  const dot = text.indexOf('.')
  return dot < 0 ? { group: '', resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) }
}

export function formatGroupResource({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}

/** As a configuration would have it: the core group's wildcard is `*.`. */
export function formatInConfiguration(name: GroupResource): string {
  return name.group === '' && name.resource === '*' ? '*.' : formatGroupResource(name)
}

const root = '/registry/'

/** Finds a key's resource, and the part of the key that all objects of the resource have in common. */
export class ResourceOfKey {
  readonly #builtIn = new Map<string, GroupResource>()

  constructor(kinds: readonly AnyKind[]) {
    for (const kind of kinds) {
      if (!kind.storedAs) this.#builtIn.set(kindPrefix(kind), { group: kind.group, resource: kind.plural })
    }
  }

  /** `/registry/secrets/default/a` → `/registry/secrets/`; undefined for a key that is no object's. */
  prefixOf(key: string): string | undefined {
    if (!key.startsWith(root)) return undefined
    const first = key.indexOf('/', root.length)
    if (first < 0) return undefined
    const short = key.slice(0, first + 1)
    if (this.#builtIn.has(short)) return short
    const second = key.indexOf('/', first + 1)
    return second < 0 ? undefined : key.slice(0, second + 1)
  }

  /** Of a prefix that `prefixOf` gave. Custom resources have their group and name in it. */
  resourceOf(prefix: string): GroupResource {
    const builtIn = this.#builtIn.get(prefix)
    if (builtIn) return builtIn
    const [group = '', resource = ''] = prefix.slice(root.length).split('/')
    return { group, resource }
  }
}
