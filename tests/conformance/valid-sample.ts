/**
 * Makes an object of a kind with as many fields as the server accepts together: every field gets a likely value, and
 * what the server refuses is taken out again, until it takes the rest.
 */
import type { FieldSchema, Shape, StructSchema } from '#machinery/schema/schema.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** What a server says of a sample: nothing, if it takes it. */
export type Judge = (sample: JsonObject) => Promise<readonly Complaint[]>

export interface Complaint {
  /** `spec.containers[0].image`. */
  readonly field: string
  readonly reason: string
}

const maxAttempts = 200

/** Values that follow from a field's name; everything else is made from its shape. */
const likely: Readonly<Record<string, Json>> = {
  namespace: 'default', apiVersion: 'apps/v1', kind: 'ReplicaSet', apiGroup: 'rbac.authorization.k8s.io', image: 'registry.example.com/team/app:v1',
  uid: '8f2f6f4e-2d2b-4a6e-9f3e-0d0a3a0f9a11', protocol: 'TCP', clusterIP: 'None', podIP: '10.1.2.3', hostIP: '10.0.0.4', ip: '10.1.2.3',
  cidr: '10.1.0.0/16', podCIDR: '10.1.0.0/24', path: '/data/app', mountPath: '/mnt/app', host: 'app.example.com', hostname: 'app', schedule: '*/5 * * * *',
  timeZone: 'Etc/UTC', operator: 'Exists', provisioner: 'example.com/provisioner', driver: 'example.com', url: 'https://hooks.example.com/path',
  signerName: 'example.com/signer', expression: 'true', messageExpression: '"no"', command: ['/bin/app'], resource: 'requests.cpu', divisor: '1m',
  fieldPath: 'metadata.name', verbs: ['get'], apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'], resourceNames: ['app'],
  key: 'example.com/key', accessModes: ['ReadWriteOnce'], storageClassName: 'standard', type: '', port: 80, targetPort: 8080, number: 80,
  controller: 'example.com/controller', handler: 'handler', minAvailable: 1, startingDeadlineSeconds: 60, caBundle: '', groupPriorityMinimum: 1000,
}

/** A struct with every field filled; recursion ends where a struct repeats. */
export function fullSample(struct: StructSchema, above: readonly string[] = []): JsonObject {
  const object: JsonObject = {}
  for (const field of struct.fields) {
    const value = valueOf(field, field.shape, [...above, struct.name])
    if (value !== undefined) object[field.name] = value
  }
  return object
}

function valueOf(field: FieldSchema, shape: Shape, above: readonly string[]): Json | undefined {
  const known = shape.type === 'struct' || shape.type === 'map' || (shape.type === 'list' && shape.items.type === 'struct') ? undefined : likely[field.name]
  if (known !== undefined && known !== '' && Array.isArray(known) === (shape.type === 'list')) return known
  if (known === '') return undefined
  switch (shape.type) {
    case 'struct':
      return above.includes(shape.struct.name) ? undefined : fullSample(shape.struct, above)
    case 'list': {
      const item = valueOf(field, shape.items, above)
      return item === undefined ? undefined : [item]
    }
    case 'map': {
      const value = valueOf(field, shape.values, above)
      return value === undefined ? undefined : { [shape.values.type === 'quantity' ? 'cpu' : 'example.com/key']: value }
    }
    case 'string': return field.enum?.find(Boolean) ?? field.name.toLowerCase()
    case 'enum': return field.enum![0]!
    case 'bool': return true
    case 'int32': case 'uint32': case 'int64': case 'uint64': return 1
    case 'float': case 'double': return 1.5
    case 'bytes': return 'AAECAw=='
    case 'time': return '2004-01-01T01:01:01Z'
    case 'microTime': return '2004-01-01T01:01:01.000123Z'
    case 'duration': return '1m0s'
    case 'quantity': return '1'
    case 'intOrString': return 1
    case 'rawExtension': return { apiVersion: 'example.com/v1', kind: 'Custom', spec: { replicas: 1 } }
    case 'json': return 'value'
    default: return undefined
  }
}

/** Takes out what `judge` complains of; throws when nothing is left to take out. */
export async function acceptedSample(first: JsonObject, judge: Judge): Promise<JsonObject> {
  let sample = structuredClone(first)
  let complaints: readonly Complaint[] = []
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    complaints = await judge(sample)
    if (complaints.length === 0) return sample
    const before = JSON.stringify(sample)
    // One of several that exclude each other stays: the complaints of each round are all about what came later.
    for (const { field, reason } of complaints) remove(sample, reason === 'FieldValueRequired' ? pathOf(field).slice(0, -1) : pathOf(field))
    if (JSON.stringify(sample) === before) {
      for (const { field } of complaints) remove(sample, pathOf(field).slice(0, -1))
      if (JSON.stringify(sample) === before) break
    }
    sample = structuredClone(sample)
  }
  throw new Error(`no sample: ${JSON.stringify(complaints.slice(0, 5))}`)
}

/** `spec.a[0].b[x.y/z]` → the keys. */
function pathOf(field: string): string[] {
  return [...field.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, index, name]) => index ?? name!)
}

/** Removes what lies at the path, or the nearest thing above it that exists; what gets empty goes too. */
function remove(root: JsonObject, path: readonly string[]): void {
  const trail: (readonly [holder: Json[] | JsonObject, key: string])[] = []
  let at: Json | undefined = root
  for (const key of path) {
    if (typeof at !== 'object' || at === null) break
    const next: Json | undefined = Array.isArray(at) ? at[Number(key)] : at[key]
    if (next === undefined) break
    trail.push([at, key])
    at = next
  }
  for (const [holder, key] of trail.toReversed()) {
    // The kind, its metadata and its name are not in question.
    if (holder === root && (key === 'metadata' || key === 'apiVersion' || key === 'kind')) return
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
    if (Object.keys(holder).length > 0) return
  }
}
