/**
 * How objects look in upstream's sentences. Upstream validates types of its own that have no JSON tags, so that a part
 * of an object in a fault has Go's names, every field, and nulls: `{"Type":"Localhost","LocalhostProfile":null}`.
 */
import { escapeForHtml } from '#machinery/codec/json-encode.ts'
import { goValue } from '#machinery/codec/go-form.ts'
import { sortedKeys } from '#machinery/codec/sorted-keys.ts'
import { JsonText } from '#machinery/errors/field-errors.ts'
import type { FieldSchema, Shape, StructSchema } from '#machinery/schema/schema.ts'
import { unifiedDiff } from '#base/unified-diff.ts'
import { schemas } from './schemas.ts'

/**
 * A part of an object, for a fault to show. `type`: `SecurityContext` of the core group, or a list of it; of another
 * group `flowcontrol.v1.FlowSchemaSpec`.
 */
export function internalValue(type: string, value: object | undefined): JsonText {
  return new JsonText(toText(type, value))
}

/** How two parts of the same type differ, in the form of `diff -u`. */
export function internalDiff(type: string, before: object, after: object): string {
  return unifiedDiff(toText(type, before, 1), toText(type, after, 1))
}

function toText(type: string, value: object | undefined, indent?: number): string {
  if (value === undefined) return 'null'
  const struct = structOf(type)
  const form = Array.isArray(value) ? value.map((item: object) => formOf(item, struct)) : formOf(value, struct)
  const json = JSON.stringify(form, (_, part: unknown) => typeof part === 'bigint' ? `\0${part}` : part, indent)
  return escapeForHtml(json.replace(/"\\u0000(-?\d+)"/g, '$1'))
}

function structOf(type: string): StructSchema {
  if (type === 'PersistentVolumeSource') return sourceOfVolumes
  if (type.includes('.')) return schemas.struct(`io.k8s.api.${type}`)
  return schemas.struct(`${type === 'LabelSelector' ? 'io.k8s.apimachinery.pkg.apis.meta.v1' : 'io.k8s.api.core.v1'}.${type}`)
}

type Form = Record<string, unknown>
type Parts = Readonly<Record<string, unknown>>

function formOf(value: object, struct: StructSchema): Form {
  if (struct.name.startsWith('io.k8s.apimachinery.')) return goValue(value, struct)
  const type = struct.name.slice(struct.name.lastIndexOf('.') + 1)
  if (type === 'PodSpec') return podSpecForm(value as Parts, struct)
  const form: Form = {}
  for (const field of orderedFields(struct, type)) {
    const part = (value as Parts)[field.name]
    // Metadata is embedded, and keeps its tags.
    if (field.name === 'metadata') Object.assign(form, partOf(part, field))
    else form[goName(type, field.name)] = partOf(part, field)
  }
  return form
}

const namespacesOfNode = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers']

/** Upstream's own form keeps what pods share with the node in the security context, and one name of the account. */
function podSpecForm(spec: Parts, struct: StructSchema): Form {
  const form: Form = {}
  for (const name of podSpecFields) {
    const field = struct.fieldsByName.get(name)!
    form[goName('PodSpec', name)] = partOf(spec[name], field)
  }
  if (form['SecurityContext'] !== null) {
    const shared = namespacesOfNode.map((name): [string, unknown] =>
      [goName('PodSpec', name), partOf(spec[name], struct.fieldsByName.get(name)!)])
    form['SecurityContext'] = { ...Object.fromEntries(shared), ...form['SecurityContext'] as Form }
  }
  return form
}

function partOf(value: unknown, { shape, pointer }: FieldSchema): unknown {
  return value === undefined || value === null ? pointer ? null : zeroOf(shape) : shapeForm(value, shape)
}

function zeroOf(shape: Shape): unknown {
  switch (shape.type) {
    case 'struct': return formOf({}, shape.struct)
    case 'string': return ''
    case 'bool': return false
    case 'quantity': return '0'
    case 'int32': case 'int64': case 'uint32': case 'uint64': case 'float': case 'double': case 'intOrString': return 0
    default: return null
  }
}

function shapeForm(value: unknown, shape: Shape): unknown {
  switch (shape.type) {
    case 'struct': return formOf(value as object, shape.struct)
    case 'list': return (value as readonly unknown[]).map((item) => shapeForm(item, shape.items))
    case 'map':
      return Object.fromEntries(sortedKeys(value as Parts).map((key) =>
        [key, shapeForm((value as Parts)[key], shape.values)]))
    default: return value
  }
}

/** Where Go's name is not the JSON name with a capital letter. */
const goNames: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup', apiGroups: 'APIGroups', apiVersion: 'APIVersion',
  awsElasticBlockStore: 'AWSElasticBlockStore', cephfs: 'CephFS',
  chapAuthDiscovery: 'DiscoveryCHAPAuth', chapAuthSession: 'SessionCHAPAuth', csi: 'CSI', diskURI: 'DataDiskURI',
  dnsConfig: 'DNSConfig', dnsPolicy: 'DNSPolicy', endpoints: 'EndpointsName', externalID: 'DoNotUseExternalID',
  fc: 'FC', fsGroup: 'FSGroup', fsGroupChangePolicy: 'FSGroupChangePolicy', fsType: 'FSType',
  gcePersistentDisk: 'GCEPersistentDisk', gid: 'GID', gmsaCredentialSpec: 'GMSACredentialSpec',
  gmsaCredentialSpecName: 'GMSACredentialSpecName', grpc: 'GRPC', httpGet: 'HTTPGet', httpHeaders: 'HTTPHeaders',
  ip: 'IP', ipFamilies: 'IPFamilies', ipFamilyPolicy: 'IPFamilyPolicy', ipMode: 'IPMode', iqn: 'IQN', iscsi: 'ISCSI',
  iscsiInterface: 'ISCSIInterface', lastState: 'LastTerminationState', nfs: 'NFS', os: 'OS', osImage: 'OSImage',
  pdName: 'PDName', pkixPublicKey: 'PKIXPublicKey', pool: 'RBDPool', qosClass: 'QOSClass', rbd: 'RBD',
  reportingComponent: 'ReportingController',
  seLinuxChangePolicy: 'SELinuxChangePolicy', seLinuxOptions: 'SELinuxOptions', sslEnabled: 'SSLEnabled',
  storageos: 'StorageOS', tcpSocket: 'TCPSocket', tty: 'TTY', uid: 'UID', wwids: 'WWIDs',
}

const goNamesOfRbd: Readonly<Record<string, string>> = {
  image: 'RBDImage', monitors: 'CephMonitors', user: 'RadosUser',
}

function goName(type: string, name: string): string {
  const ofRbd = type.startsWith('RBD') ? goNamesOfRbd[name] : undefined
  return ofRbd ?? goNames[name] ?? name[0]!.toUpperCase() + name.slice(1)
}

const podSpecFields = [
  'volumes', 'initContainers', 'containers', 'ephemeralContainers', 'restartPolicy', 'terminationGracePeriodSeconds',
  'activeDeadlineSeconds', 'dnsPolicy', 'nodeSelector', 'serviceAccountName', 'automountServiceAccountToken',
  'nodeName', 'securityContext', 'imagePullSecrets', 'hostname', 'subdomain', 'setHostnameAsFQDN', 'affinity',
  'schedulerName', 'tolerations', 'hostAliases', 'priorityClassName', 'priority', 'preemptionPolicy', 'dnsConfig',
  'readinessGates', 'runtimeClassName', 'overhead', 'enableServiceLinks', 'topologySpreadConstraints', 'os',
  'schedulingGates', 'resourceClaims', 'resources', 'hostnameOverride', 'schedulingGroup',
]

/** Types whose fields upstream's own form has in another order: a field, and the one that it follows. */
const movedFields: Readonly<Record<string, readonly (readonly [field: string, after: string])[]>> = {
  PodSecurityContext: [['fsGroupChangePolicy', 'fsGroup']],
  Volume: [['quobyte', 'rbd']],
  PersistentVolumeSource: [['quobyte', 'rbd'], ['flexVolume', 'iscsi']],
}

function orderedFields(struct: StructSchema, type: string): readonly FieldSchema[] {
  let fields = struct.fields
  for (const [name, after] of movedFields[type] ?? []) {
    const others = fields.filter((field) => field.name !== name)
    fields = others.flatMap((field) => field.name === after ? [field, struct.fieldsByName.get(name)!] : [field])
  }
  return fields
}

/** What of a volume says where it is: in Go a type of its own, here a part of the spec. */
const sourceOfVolumes = ((): StructSchema => {
  const spec = schemas.struct('io.k8s.api.core.v1.PersistentVolumeSpec')
  const from = spec.fields.findIndex(({ name }) => name === 'gcePersistentDisk')
  const to = spec.fields.findIndex(({ name }) => name === 'csi')
  return {
    name: 'io.k8s.api.core.v1.PersistentVolumeSource', mapType: spec.mapType, fields: spec.fields.slice(from, to + 1),
    fieldsByName: spec.fieldsByName, fieldsByNumber: spec.fieldsByNumber,
  }
})()
