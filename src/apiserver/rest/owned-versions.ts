/**
 * Owned fields have the names of the version in which they were written. To see what a write in another version does to
 * them, the object is looked at in theirs (upstream: structured-merge-diff's Converter).
 */
import type { KubeObject, ManagedFieldsEntry } from '#machinery/meta/object.ts'
import type { ConvertObject } from '#machinery/patch/apply/ownership.ts'
import type { JsonObject } from '#machinery/patch/json.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import type { RequestScope, RestContext } from './context.ts'
import { fromWire, toWire } from './forms.ts'
import { isBuiltIn } from './keys.ts'
import type { ServedResource } from '../kind-registry.ts'

/** How server-side apply sees objects of this version; undefined: as JSON. */
export function schemaOf({ schemas }: RestContext, { version }: Pick<RequestScope, 'version'>): StructSchema | undefined {
  return version.custom?.struct ?? (schemas.has(version.schema) ? schemas.struct(version.schema) : undefined)
}

type Entries = readonly Pick<ManagedFieldsEntry, 'apiVersion'>[] | undefined

/** Whether `withOwnedVersions` has something to do: somebody owns fields of another version of the kind. */
export function hasOtherVersions({ apiVersion }: RequestScope, ...lists: readonly Entries[]): boolean {
  return lists.some((entries) => entries?.some((entry) => entry.apiVersion !== apiVersion))
}

/**
 * Runs `compute` with a conversion into the versions of managers, as often as it takes until every object that it wants
 * converted is. Rejects with ApiError 500 when a webhook does not convert one.
 */
export async function withOwnedVersions<Result>(
  context: RestContext, scope: RequestScope, compute: (convert: ConvertObject) => Result,
): Promise<Result> {
  const known = new Map<string, ReturnType<ConvertObject>>()
  const convert: ConvertObject = (object, apiVersion) => {
    const key = `${apiVersion} ${JSON.stringify(object)}`
    if (!known.has(key)) throw new Unconverted(key, object, apiVersion)
    return known.get(key)
  }
  for (;;) {
    try {
      return compute(convert)
    } catch (error) {
      if (!(error instanceof Unconverted)) throw error
      known.set(error.key, await converted(context, scope, error.object, error.apiVersion))
    }
  }
}

class Unconverted extends Error {
  readonly key: string
  readonly object: JsonObject
  readonly apiVersion: string

  constructor(key: string, object: JsonObject, apiVersion: string) {
    super(`not converted yet: ${apiVersion}`)
    this.key = key
    this.object = object
    this.apiVersion = apiVersion
  }
}

async function converted(
  context: RestContext, scope: RequestScope, object: JsonObject, apiVersion: string,
): Promise<ReturnType<ConvertObject>> {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const { kind } = scope
  // The same objects in another group have the same fields.
  if (group !== kind.group) return { object, schema: schemaOf(context, scope) }
  const target = context.kinds.find(group, version, kind.plural)
  if (!target) return undefined
  const form = await formOf(context, scope, target, object as KubeObject)
  return { object: form as JsonObject, schema: schemaOf(context, target) }
}

async function formOf(
  context: RestContext, scope: RequestScope, target: ServedResource, object: KubeObject,
): Promise<KubeObject> {
  if (isBuiltIn(scope.kind)) {
    const source = context.kinds.findByKind(object.apiVersion ?? '', scope.kind.kind) ?? scope
    return toWire(target, fromWire(source, object))
  }
  const { remote, storedAs } = target.kind
  if (remote) return (await remote.fromStored([object], scope.signal))[0]!.object
  return storedAs ? storedAs.fromStored(object) : { ...object, apiVersion: target.apiVersion }
}
