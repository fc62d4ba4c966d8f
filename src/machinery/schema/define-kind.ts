/** A kind, declared once, as a value. Discovery, storage, REST, client, printing and validation are derived from it. */
import type { FieldError } from '../errors/field-error.ts'
import type { KubeObject, ObjectMeta, Stored } from '../meta/object.ts'
import type { StructSchema } from './schema.ts'

export interface KindDeclaration<T extends KubeObject> {
  /** Empty for the core group. */
  readonly group: string
  readonly kind: string
  readonly plural: string
  /** Default: the kind in lower case. */
  readonly singular?: string
  /** Default: the kind followed by `List`. */
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly scope: 'Namespaced' | 'Cluster'
  /** Served versions, the preferred one first. Exactly one has `stored`. */
  readonly versions: readonly KindVersion[]
  /** The objects are another kind's, in another form: events.k8s.io serves the core group's Events. */
  readonly storedAs?: Conversion & {
    readonly kind: AnyKind
    /** Whether an object that nobody changed would be stored as something else today. */
    readonly isStale?: (stored: KubeObject) => boolean
  }
  /** In place of `storedAs`, where converting takes asking somebody: a custom resource's webhook. */
  readonly remote?: RemoteForms
  /** Default: every verb. Review kinds have only `create`. */
  readonly verbs?: readonly Verb[]

  /** How names are checked. Default: DNS-1123 subdomain. */
  readonly nameRule?: NameRule
  /** Fills in what the client left out, on the freshly decoded object, as upstream's SetDefaults functions do. */
  readonly setDefaults?: (object: T) => void
  /** Before validation of a create: clear what a client may not set (status), set initial generation and the like. */
  readonly prepareForCreate?: (object: T, context: PrepareContext) => void
  /** Before validation of an update: put back what this endpoint may not change; bump generation. */
  readonly prepareForUpdate?: (object: T, old: Stored<T>, context: PrepareContext) => void
  /** `old`: of an update, whose own faults are forgiven where upstream forgives them. */
  readonly validate?: (object: T, old?: Stored<T>) => FieldError[]
  /** In addition to `validate` of a new object. */
  readonly validateCreate?: (object: T) => FieldError[]
  /** In addition to `validate` of the new object. */
  readonly validateUpdate?: (object: T, old: Stored<T>) => FieldError[]
  /** For the `status` subresource, instead of the two above. */
  readonly validateStatusUpdate?: (object: T, old: Stored<T>) => FieldError[]
  /** Sentences for the `Warning` header. */
  readonly warnings?: (object: T, old: Stored<T> | undefined) => string[]
  /** The same of a write of the `status` subresource. */
  readonly statusWarnings?: (object: T) => string[]
  /**
   * Which part changes `metadata.generation` (initially 1). 'spec': every change of spec; 'none': the kind has no
   * generation. Default: 'none'; a function decides otherwise.
   */
  readonly generation?: 'spec' | 'none' | ((object: T, old: Stored<T>) => boolean)
  /** PUT may create an absent object (upstream: AllowCreateOnUpdate). */
  readonly createOnUpdate?: boolean
  /** PUT without a resourceVersion overwrites (upstream: AllowUnconditionalUpdate). Default true. */
  readonly unconditionalUpdate?: boolean

  readonly subresources?: Subresources<T>
  readonly columns?: readonly Column<T>[]
  /** What marks the object's row of a table. */
  readonly rowConditions?: (object: Stored<T>) => readonly RowCondition[] | undefined
  /** Compares objects for the rows of a list. Default: as the list has them. */
  readonly tableOrder?: (a: Stored<T>, b: Stored<T>) => number
  /** Fields beside metadata.name and metadata.namespace that a field selector may use. */
  readonly selectableFields?: (object: Stored<T>) => Readonly<Record<string, string>>
  /** Seconds that deletion waits for the owner of the object (only Pods have this). undefined: delete at once. */
  readonly graceSeconds?: (object: Stored<T>, requested: number | undefined) => number | undefined
  /**
   * What deletion without a propagationPolicy does to dependents. Default 'Background'; 'Orphan' for
   * ReplicationController.
   */
  readonly defaultPropagation?: 'Background' | 'Orphan'
}

export interface KindVersion {
  readonly version: string
  /** Upstream's OpenAPI definition name: key into the schema table. */
  readonly schema: string
  readonly served: boolean
  readonly stored?: boolean
  /** Between this version and the stored one, where their shapes differ. Absent: only `apiVersion` differs. */
  readonly conversion?: Conversion
  /** Said in a `Warning` header to everybody who uses the version. */
  readonly deprecation?: Deprecation
  /** A custom resource's own schema, in place of one from the table. */
  readonly custom?: CustomSchema
}

/** What a version of a custom resource has in place of generated types. */
export interface CustomSchema {
  /** How server-side apply sees its objects. */
  readonly struct: StructSchema
  /**
   * Brings a decoded object into the version's shape, in place: metadata is typed, everything else pruned. Gives the
   * complaints of strict decoding; throws JsonError for metadata that is none. `keepNulls`: nulls that the schema does
   * not allow stay, for the validation to refuse.
   */
  readonly shape: (object: Record<string, unknown>, keepNulls?: boolean) => readonly string[]
  /** The schema for OpenAPI, as its author wrote it. */
  readonly openApi: Readonly<Record<string, unknown>>
  /** Nothing new is created any more: the definition is on its way out. */
  readonly isTerminating: boolean
  /** The fields that a field selector may use: `spec.color`. */
  readonly selectableFields: readonly string[]
  /** Aborted when the definition has changed or gone: who watches begins anew. */
  readonly ended: AbortSignal
}

export interface Deprecation {
  readonly message: string
  /** `1.25`; empty where it is not known. */
  readonly removedRelease: string
}

/** Both directions are pure, and give a new object of the other version; parts that are the same may be shared. */
export interface Conversion {
  readonly toStored: (object: KubeObject) => KubeObject
  readonly fromStored: (object: KubeObject) => KubeObject
}

/** Conversion between what lies in the store, in whatever version, and the kind's own version. */
export interface RemoteForms {
  /** In order. Rejects with ApiError 500. */
  readonly fromStored: (objects: readonly KubeObject[], signal: AbortSignal) => Promise<readonly RemoteForm[]>
  readonly toStored: (object: KubeObject, signal: AbortSignal) => Promise<KubeObject>
}

export interface RemoteForm {
  readonly object: KubeObject
  /** An object that nobody changed would be stored as something else today. */
  readonly isStale: boolean
}

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'
export type NameRule = 'dns1123Subdomain' | 'dns1123Label' | 'dns1035Label' | 'pathSegment' | 'configMapKey'

export interface PrepareContext {
  /** Which endpoint is writing: '' for the object itself, else the subresource. */
  readonly subresource: string
  readonly now: number
  /** Of what is no longer there to be seen when the kind's `warnings` are asked for. */
  readonly warn?: ((sentence: string) => void) | undefined
  /** Of the kind, as the request names it; absent where only the object's form is checked. */
  readonly version?: string
  /** Who is writing; absent where only the object's form is checked. */
  readonly user?: {
    readonly name: string
    readonly uid?: string | undefined
    readonly groups: readonly string[]
    readonly extra?: Readonly<Record<string, readonly string[]>> | undefined
  } | undefined
}

export interface Subresources<T extends KubeObject = KubeObject> {
  readonly status?: boolean
  /**
   * What of the metadata a write of the status leaves as it was, and so nobody comes to own by it. Absent: all that
   * clients write (upstream: ResetObjectMetaForStatus). Kinds of old let the status' writers change some or all of it.
   */
  readonly keptByStatus?: readonly (keyof ObjectMeta)[]
  /** Fields beside the status that no client comes to own by writing the object itself. */
  readonly unowned?: readonly string[]
  /** Paths of the fields that autoscaling/v1 Scale reads and writes, without the leading dot. */
  readonly scale?: { readonly replicas: string; readonly observed: string; readonly selector: string }
  /** Everything else is served by a handler of its own; named here for discovery. */
  readonly others?: readonly OtherSubresource<T>[]
}

export interface OtherSubresource<T extends KubeObject = KubeObject> {
  readonly name: string
  /** The kind on the wire, when it is not the parent's: `Eviction` of policy/v1. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string }
  readonly verbs: readonly Verb[]
  /** For one that writes a part of the object itself (`resize`, `approval`): its rules, instead of the kind's own. */
  readonly validateUpdate?: (object: T, old: Stored<T>) => FieldError[]
}

/** A column of a server-side table. `value` may give a number, a text, or undefined for `<none>`-like emptiness. */
export interface Column<T extends KubeObject> {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description: string
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: number
  readonly value: (object: Stored<T>, now: number) => string | number | boolean | null
}

export interface RowCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
}

/** The declaration with every default filled in. `T` is what its objects look like. */
export interface Kind<T extends KubeObject = KubeObject> extends KindDeclaration<T> {
  readonly singular: string
  readonly listKind: string
  readonly storedVersion: KindVersion
  readonly preferredVersion: KindVersion
  readonly verbs: readonly Verb[]
  readonly nameRule: NameRule
  readonly namespaced: boolean
}

const allVerbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

export function defineKind<T extends KubeObject>(declaration: KindDeclaration<T>): Kind<T> {
  const stored = declaration.versions.find((version) => version.stored) ?? declaration.versions[0]
  const preferred = declaration.versions.find((version) => version.served) ?? declaration.versions[0]
  if (!stored || !preferred) throw new Error(`kind ${declaration.kind} declares no version`)
  return Object.freeze({
    ...declaration,
    singular: declaration.singular ?? declaration.kind.toLowerCase(),
    listKind: declaration.listKind ?? `${declaration.kind}List`,
    storedVersion: stored,
    preferredVersion: preferred,
    verbs: declaration.verbs ?? allVerbs,
    nameRule: declaration.nameRule ?? 'dns1123Subdomain',
    namespaced: declaration.scope === 'Namespaced',
  })
}

/**
 * Kinds of different types in one list. Validation and columns take the kind's own type, so a `Kind<Pod>` is not a
 * `Kind<KubeObject>`; whoever walks the list hands each kind only its own objects.
 */
export type AnyKind = Kind<any>
