/** What every API object has. The full generated types refine these. */

export interface ObjectMeta {
  name?: string
  generateName?: string
  namespace?: string
  selfLink?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string | null
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFieldsEntry[]
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ManagedFieldsEntry {
  manager?: string
  operation?: string
  apiVersion?: string
  time?: string
  fieldsType?: string
  fieldsV1?: unknown
  subresource?: string
}

export interface KubeObject {
  apiVersion?: string
  kind?: string
  metadata?: ObjectMeta
}

/**
 * An object read from a cluster: it has a name, a uid and a version. Shared between readers, therefore never changed.
 */
export type Stored<T extends KubeObject> = DeepReadonly<T> & {
  readonly metadata: DeepReadonly<ObjectMeta> & {
    readonly name: string; readonly uid: string; readonly resourceVersion: string; readonly creationTimestamp: string
  }
}

export type DeepReadonly<T> =
  T extends (infer Item)[] ? readonly DeepReadonly<Item>[]
  : T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
  : T

/** `namespace/name`, or `name` for what has no namespace: how queues, logs and messages name an object. */
export function objectKey(object: {
  readonly metadata?: { readonly namespace?: string; readonly name?: string }
}): string {
  const namespace = object.metadata?.namespace
  const name = object.metadata?.name ?? ''
  return namespace ? `${namespace}/${name}` : name
}
