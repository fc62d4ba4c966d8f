/**
 * Decides which structs are in the table: everything that a registered kind reaches, in the order of packages and
 * names.
 */
import type { GoPackage } from './go-source.ts'
import { modelNameOf, structFieldsOf, structOf, type ModelShape, type ModelStruct, type Universe } from './model.ts'
import type { TableEntry } from './emit-table.ts'
import { metaPackage, packages } from './packages.ts'

const unversioned = [
  'Status', 'APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList', 'DeleteOptions', 'CreateOptions',
  'UpdateOptions', 'PatchOptions', 'ListOptions', 'GetOptions', 'WatchEvent',
]
const metaKinds = ['Table', 'TableOptions', 'PartialObjectMetadata', 'PartialObjectMetadataList']

function kindsOf(goPackage: GoPackage): ReadonlyMap<string, readonly string[]> {
  if (goPackage.path === metaPackage) {
    return new Map<string, readonly string[]>([
      ...unversioned.map((kind) => [kind, [`/v1/${kind}`]] as const),
      ...metaKinds.map((kind) => [kind, ['v1', 'v1beta1'].map((version) => `meta.k8s.io/${version}/${kind}`)] as const),
    ])
  }
  const version = goPackage.path.slice(goPackage.path.lastIndexOf('/') + 1)
  return new Map(
    goPackage.registered
      .filter((kind) => goPackage.declarations.has(kind))
      .map((kind) => [kind, [`${goPackage.group}/${version}/${kind}`]]),
  )
}

export function collectEntries(universe: Universe): {
  readonly served: readonly TableEntry[]
  readonly unserved: readonly TableEntry[]
} {
  const structs = new Map<
    string,
    { readonly struct: () => ModelStruct; readonly served: boolean; readonly order: number }
  >()
  const kinds = new Map<string, readonly string[]>()
  const roots: { readonly name: string; readonly served: boolean }[] = []
  packages.forEach(({ path, served }, order) => {
    const goPackage = universe.packages.get(path)!
    const packageKinds = kindsOf(goPackage)
    for (const name of goPackage.declarations.keys()) {
      if (!/^[A-Z]/.test(name) || name === 'InternalEvent' || name.startsWith('JSONSchemaPropsOr')) continue
      if (goPackage.declarations.get(name)!.definition.kind === 'alias') continue
      const modelName = modelNameOf(goPackage, name)
      if (!structFieldsOf(universe, goPackage.declarations.get(name)!)) continue
      let known: ModelStruct | undefined
      structs.set(modelName, { struct: () => known ??= structOf(universe, goPackage, name)!, served, order })
      const own = packageKinds.get(name)
      if (!own) continue
      kinds.set(modelName, own)
      roots.push({ name: modelName, served })
    }
  })

  const reach = (wanted: boolean, already: ReadonlySet<string>): TableEntry[] => {
    const reached = new Set<string>()
    const pending = roots.filter(({ served }) => served === wanted).map(({ name }) => name)
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (reached.has(name) || already.has(name)) continue
      reached.add(name)
      for (const field of structs.get(name)!.struct().fields) pending.push(...namesIn(field.shape))
    }
    return [...reached].map((name) => ({ name, ...structs.get(name)! }))
      .toSorted((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1))
      .map(({ name, struct }) => ({ struct: struct(), kinds: kinds.get(name) ?? [] }))
  }
  const served = reach(true, new Set())
  const unserved = reach(false, new Set(served.map(({ struct }) => struct.name)))
  return { served, unserved }
}

function namesIn(shape: ModelShape): string[] {
  switch (shape.kind) {
    case 'scalar': return []
    case 'struct': case 'schemaOr': return [shape.name]
    case 'list': return namesIn(shape.items)
    case 'map': return namesIn(shape.values)
  }
}
