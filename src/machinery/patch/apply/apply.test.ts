/** Tests of server-side apply and of the tracking of updates, with the generated schema of built-in kinds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaTable } from '#api/gen/schema-table.ts'
import { deepFreeze } from '#base/deep-freeze.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { KubeObject, ManagedFieldsEntry } from '../../meta/object.ts'
import type { StructSchema } from '../../schema/schema.ts'
import { loadSchemaTable } from '../../schema/table.ts'
import { applyObject, lastAppliedAnnotation } from './apply-object.ts'
import { keepTimesIfUnchanged, trackUpdate } from './track-update.ts'
import { clientSideApplyUpgradePatch } from './upgrade-client-side-apply.ts'

const table = loadSchemaTable(schemaTable)
const schemas: Readonly<Record<string, StructSchema>> = {
  Deployment: table.kind('apps', 'v1', 'Deployment')!, ConfigMap: table.kind('', 'v1', 'ConfigMap')!,
  Pod: table.kind('', 'v1', 'Pod')!, Service: table.kind('', 'v1', 'Service')!,
}
const t0 = Date.parse('2026-01-01T00:00:00Z')
let clock = t0

interface Loose extends KubeObject { [key: string]: unknown }
interface Options {
  manager?: string
  force?: boolean
  subresource?: string
  schema?: StructSchema | undefined
  resetFields?: string[][]
}

function stored(object: KubeObject): KubeObject {
  return deepFreeze({ ...object, metadata: { uid: 'u', ...object.metadata } })
}

function apply(live: KubeObject | undefined, applied: Loose, options: Options = {}): KubeObject {
  const { manager = 'kubectl', force = false, subresource = '', schema = schemas[applied.kind!] } = options
  clock += 1000
  return stored(
    applyObject({
      live,
      applied: deepFreeze(structuredClone(applied)),
      manager,
      force,
      subresource,
      schema,
      apiVersion: applied.apiVersion!,
      now: clock,
      ...(options.resetFields && { resetFields: options.resetFields }),
    }),
  )
}

function update(live: KubeObject | undefined, updated: Loose, options: Options = {}): KubeObject {
  const { manager = 'someone', subresource = '', schema = schemas[updated.kind!] } = options
  clock += 1000
  return stored(
    trackUpdate({
      live,
      updated: deepFreeze(structuredClone(updated)),
      manager,
      subresource,
      schema,
      apiVersion: updated.apiVersion!,
      now: clock,
    }),
  )
}

const configMap = (data?: Record<string, string>, metadata: object = {}): Loose => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', namespace: 'default', ...metadata },
  ...(data && { data }),
})
const managers = (object: KubeObject): string[] =>
  (object.metadata?.managedFields ?? []).map(
    ({ manager, operation, subresource, fieldsV1 }) =>
      `${manager} ${operation}${subresource ? ` ${subresource}` : ''} ${JSON.stringify(fieldsV1)}`,
  )
const dataOf = (object: KubeObject): unknown => (object as Loose)['data']

test('who creates an object owns all its fields, written as upstream writes them', () => {
  const labels = { app: 'nginx' }
  const created = update(
    undefined,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'nginx',
        namespace: 'default',
        labels,
        uid: 'u',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: {
        progressDeadlineSeconds: 600,
        replicas: 1,
        revisionHistoryLimit: 10,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'nginx',
                image: 'nginx',
                imagePullPolicy: 'Always',
                resources: {},
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
                ports: [{ protocol: 'TCP', containerPort: 80 }],
              },
            ],
            dnsPolicy: 'ClusterFirst',
            restartPolicy: 'Always',
            schedulerName: 'default-scheduler',
            securityContext: {},
            terminationGracePeriodSeconds: 30,
          },
        },
      },
      status: {},
    },
    { manager: 'kubectl-create' },
  )
  const expected: ManagedFieldsEntry[] = [
    {
      manager: 'kubectl-create',
      operation: 'Update',
      apiVersion: 'apps/v1',
      time: new Date(clock).toISOString().replace('.000', ''),
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:progressDeadlineSeconds': {},
          'f:replicas': {},
          'f:revisionHistoryLimit': {},
          'f:selector': {},
          'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
          'f:template': {
            'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"nginx"}': {
                  '.': {},
                  'f:image': {},
                  'f:imagePullPolicy': {},
                  'f:name': {},
                  'f:ports': {
                    '.': {},
                    'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                  },
                  'f:resources': {},
                  'f:terminationMessagePath': {},
                  'f:terminationMessagePolicy': {},
                },
              },
              'f:dnsPolicy': {},
              'f:restartPolicy': {},
              'f:schedulerName': {},
              'f:securityContext': {},
              'f:terminationGracePeriodSeconds': {},
            },
          },
        },
      },
    },
  ]
  assert.equal(JSON.stringify(created.metadata!.managedFields), JSON.stringify(expected))
})

test('an update moves the fields that it changed to its writer', () => {
  const one = update(undefined, configMap({ a: '1', b: '1' }), { manager: 'one' })
  const two = update(one, { ...one, data: { a: '1', b: '2', c: '3' } } as Loose, { manager: 'two' })
  assert.deepEqual(managers(two), [
    'one Update {"f:data":{".":{},"f:a":{}}}',
    'two Update {"f:data":{"f:b":{},"f:c":{}}}',
  ])
  const again = update(two, { ...two, data: { a: '1', b: '2', c: '4' } } as Loose, { manager: 'two' })
  assert.deepEqual(managers(again), managers(two))
  assert.notEqual(again.metadata!.managedFields![1]!.time, two.metadata!.managedFields![1]!.time)
  const removed = update(again, { ...again, data: { b: '2' } } as Loose, { manager: 'three' })
  assert.deepEqual(managers(removed), ['one Update {"f:data":{}}', 'two Update {"f:data":{"f:b":{}}}'])
})

test('an update that changes nothing keeps the stored list itself', () => {
  const one = update(undefined, configMap({ a: '1' }))
  const same = trackUpdate({
    live: one,
    updated: structuredClone(one),
    manager: 'two',
    subresource: '',
    schema: schemas['ConfigMap'],
    apiVersion: 'v1',
    now: clock + 5000,
  })
  assert.equal(same.metadata!.managedFields, one.metadata!.managedFields)
})

test('subresources are managed apart', () => {
  const pod: Loose = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'a' }] },
    status: {},
  }
  const created = update(undefined, pod, { manager: 'kubectl' })
  const running = update(created, { ...created, status: { phase: 'Running' } } as Loose, {
    manager: 'kubelet',
    subresource: 'status',
  })
  assert.deepEqual(managers(running), [
    'kubectl Update {"f:spec":{"f:containers":{"k:{\\"name\\":\\"a\\"}":{".":{},"f:name":{}}}}}',
    'kubelet Update status {"f:status":{"f:phase":{}}}',
  ])
})

test('clients may rewrite managedFields, reset them, and cannot break them', () => {
  const one = update(undefined, configMap({ a: '1' }), { manager: 'one' })
  const renamed = one.metadata!.managedFields!.map((entry) => ({ ...entry, manager: 'renamed' }))
  assert.deepEqual(managers(update(one, configMap({ a: '1' }, { managedFields: renamed }))), [
    'renamed Update {"f:data":{".":{},"f:a":{}}}',
  ])
  assert.equal(update(one, configMap({ a: '2' }, { managedFields: [] })).metadata!.managedFields, undefined)
  assert.equal(update(one, configMap({ a: '2' }, { managedFields: [{}] })).metadata!.managedFields, undefined)
  assert.deepEqual(
    managers(update(one, configMap({ a: '1' }, { managedFields: [{ operation: 'Nonsense' }] }))),
    managers(one),
  )
  assert.deepEqual(managers(update(one, configMap({ a: '1' }))), managers(one))
  const reset = update(one, configMap({ a: '2' }, { managedFields: [] }))
  assert.equal(
    update(reset, configMap({ a: '3' })).metadata!.managedFields,
    undefined,
    'an object without managers is not tracked',
  )
})

test("a client's field sets are put in canonical form", () => {
  const fieldsV1 = {
    'x:unknown': {},
    'f:spec': {
      'f:ports': { 'k:{"protocol":"TCP", "port":80}': { 'f:port': {}, '.': {} }, 'k:{"port":9,"protocol":"TCP"}': {} },
    },
  }
  const service: Loose = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 's',
      managedFields: [{ manager: 'm', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 }],
    },
    spec: { ports: [{ port: 80, protocol: 'TCP' }] },
  }
  const live = stored({ ...service, metadata: { name: 's' } })
  assert.equal(
    managers(update(live, service))[0],
    'm Apply {"f:spec":{"f:ports":{"k:{\\"port\\":9,\\"protocol\\":\\"TCP\\"}":{},"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:port":{}}}}}',
  )
})

test('the oldest updaters beyond ten become ancient changes', () => {
  let object = update(undefined, configMap({ k0: '0' }), { manager: 'm0' })
  for (let i = 1; i <= 12; i++) {
    const data = { ...dataOf(object) as object, [`k${i}`]: `${i}` }
    object = update(object, { ...object, data } as Loose, { manager: `m${i}` })
  }
  assert.equal(object.metadata!.managedFields!.length, 10)
  assert.equal(
    managers(object)[0],
    'ancient-changes Update {"f:data":{".":{},"f:k0":{},"f:k1":{},"f:k2":{},"f:k3":{}}}',
  )
})

test('apply creates, adds, changes and removes what is the applier\'s', () => {
  const created = apply(undefined, configMap({ a: '1', b: '1' }))
  assert.deepEqual(managers(created), ['kubectl Apply {"f:data":{"f:a":{},"f:b":{}}}'])
  const changed = apply(created, configMap({ a: '2', c: '3' }))
  assert.deepEqual(dataOf(changed), { a: '2', c: '3' })
  assert.deepEqual(managers(changed), ['kubectl Apply {"f:data":{"f:a":{},"f:c":{}}}'])
  const emptied = apply(changed, configMap())
  assert.equal(dataOf(emptied), undefined)
  assert.equal(emptied.metadata!.managedFields, undefined)
})

test('applying the same again changes nothing, not even a time', () => {
  const created = apply(undefined, configMap({ a: '1' }))
  assert.deepEqual(apply(created, configMap({ a: '1' })), created)
})

test('a field of another manager is a conflict unless it is forced or the same', () => {
  const created = update(undefined, configMap({ a: '1', b: '1' }), { manager: 'editor' })
  const applied = apply(created, configMap({ a: '1' }), { manager: 'gitops' })
  assert.deepEqual(managers(applied), [
    'gitops Apply {"f:data":{"f:a":{}}}',
    'editor Update {"f:data":{".":{},"f:a":{},"f:b":{}}}',
  ])
  assert.throws(() => apply(applied, configMap({ a: '2' }), { manager: 'gitops' }), (error: unknown) => {
    assert.ok(error instanceof ApiError)
    assert.deepEqual(error.status, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a',
      reason: 'Conflict',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "editor" using v1', field: '.data.a' }],
      },
      code: 409,
    })
    return true
  })
  const forced = apply(applied, configMap({ a: '2' }), { manager: 'gitops', force: true })
  assert.deepEqual(managers(forced), [
    'gitops Apply {"f:data":{"f:a":{}}}',
    'editor Update {"f:data":{".":{},"f:b":{}}}',
  ])
})

test('several conflicts are listed by manager', () => {
  let object = update(undefined, configMap({ a: '1' }), { manager: 'one' })
  object = update(object, { ...object, data: { a: '1', b: '1', c: '1' } } as Loose, { manager: 'two' })
  assert.throws(() => apply(object, configMap({ a: '2', b: '2', c: '2' }), { manager: 'x' }), {
    message:
      'Apply failed with 3 conflicts: conflicts with "one" using v1:\n- .data.a\nconflicts with "two" using v1:\n- .data.b\n- .data.c',
  })
})

test('co-owned fields stay until the last owner lets go', () => {
  const one = apply(undefined, configMap({ a: '1', b: '1' }), { manager: 'one' })
  const both = apply(one, configMap({ a: '1' }), { manager: 'two' })
  const left = apply(both, configMap({ b: '1' }), { manager: 'one' })
  assert.deepEqual(dataOf(left), { a: '1', b: '1' })
  assert.deepEqual(managers(left).toSorted(), ['one Apply {"f:data":{"f:b":{}}}', 'two Apply {"f:data":{"f:a":{}}}'])
  assert.deepEqual(dataOf(apply(left, configMap(), { manager: 'two' })), { b: '1' })
})

test('fields of an updater are not removed by an applier that had them too', () => {
  const created = update(undefined, configMap({ a: '1' }), { manager: 'editor' })
  const applied = apply(created, configMap({ a: '1' }), { manager: 'gitops' })
  assert.deepEqual(dataOf(apply(applied, configMap(), { manager: 'gitops' })), { a: '1' })
})

test('an object that nobody manages belongs to before-first-apply', () => {
  const bare = stored(configMap({ a: '1', b: '1' }))
  const applied = apply(bare, configMap({ a: '1' }), { manager: 'gitops' })
  assert.deepEqual(managers(applied), [
    'gitops Apply {"f:data":{"f:a":{}}}',
    'before-first-apply Update {"f:data":{".":{},"f:a":{},"f:b":{}}}',
  ])
})

test('list items merge by their keys, defaults of keys included', () => {
  const pod = (...containers: object[]): Loose => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers },
  })
  const created = apply(undefined, pod({ name: 'a', image: '1', ports: [{ containerPort: 80 }] }))
  assert.deepEqual(managers(created), [
    'kubectl Apply {"f:spec":{"f:containers":{"k:{\\"name\\":\\"a\\"}":{".":{},"f:image":{},"f:name":{},'
      + '"f:ports":{"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:containerPort":{}}}}}}}'])
  const sidecar = apply(created, pod({ name: 'b', image: 'x' }), { manager: 'injector' })
  assert.deepEqual((sidecar as Loose)['spec'], {
    containers: [
      { name: 'a', image: '1', ports: [{ containerPort: 80 }] },
      { name: 'b', image: 'x' },
    ],
  })
  const reordered = apply(
    sidecar,
    pod({ name: 'c' }, { name: 'a', image: '2', ports: [{ containerPort: 80, protocol: 'TCP' }] }),
  )
  assert.deepEqual(
    ((reordered as Loose)['spec'] as { containers: { name: string }[] }).containers.map(({ name }) => name),
    ['c', 'a', 'b'],
  )
  const without = apply(reordered, pod({ name: 'c' }))
  assert.deepEqual(
    ((without as Loose)['spec'] as { containers: { name: string }[] }).containers.map(({ name }) => name),
    ['c', 'b'],
  )
})

test('sets merge by value, atomic lists and structs as wholes', () => {
  const meta = (finalizers: string[]): Loose => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', finalizers },
  })
  const two = apply(apply(undefined, meta(['x']), { manager: 'one' }), meta(['y']), { manager: 'two' })
  assert.deepEqual(two.metadata!.finalizers, ['x', 'y'])
  assert.deepEqual(managers(two), [
    'one Apply {"f:metadata":{"f:finalizers":{"v:\\"x\\"":{}}}}',
    'two Apply {"f:metadata":{"f:finalizers":{"v:\\"y\\"":{}}}}',
  ])
  const deployment = (matchLabels: object): Loose => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { selector: { matchLabels } },
  })
  assert.throws(
    () =>
      apply(apply(undefined, deployment({ a: '1' }), { manager: 'one' }), deployment({ b: '1' }), { manager: 'two' }),
    { message: 'Apply failed with 1 conflict: conflict with "one": .spec.selector' },
  )
})

test("what does not fit the schema is refused in upstream's words", () => {
  const cases: readonly (readonly [object, string])[] = [
    [
      { foo: 1 },
      'failed to create typed patch object (default/c; /v1, Kind=ConfigMap): .foo: field not declared in schema',
    ],
    [
      { data: 'x' },
      'failed to create typed patch object (default/c; /v1, Kind=ConfigMap): .data: expected map, got &{x}',
    ],
    [
      { immutable: 'x', data: { a: 1 } },
      'failed to create typed patch object (default/c; /v1, Kind=ConfigMap): errors:\n  .immutable: expected boolean, got &{x}\n'
        + '  .data.a: expected string, got &value.valueUnstructured{Value:1}',
    ],
  ]
  for (const [extra, message] of cases) {
    assert.throws(() => apply(undefined, { ...configMap(), ...extra }), (error: unknown) => {
      assert.ok(error instanceof ApiError)
      assert.deepEqual([error.code, error.message], [500, message])
      return true
    })
  }
  const pod = (...containers: object[]): Loose => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n' },
    spec: { containers },
  })
  assert.throws(() => apply(undefined, pod({ name: 'a' }, { name: 'a' })), {
    message:
      'failed to create typed patch object (n/p; /v1, Kind=Pod): .spec.containers: duplicate entries for key [name="a"]',
  })
  assert.throws(() => apply(undefined, pod({ image: 'x' })), {
    message:
      'failed to create typed patch object (n/p; /v1, Kind=Pod): .spec.containers: element 0: associative list with keys has an '
      + 'element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
  })
  assert.throws(() => apply(undefined, configMap({}, { managedFields: [] })), {
    message: 'metadata.managedFields must be nil',
  })
  assert.throws(
    () => apply(stored(configMap()), { ...configMap(), kind: 'Secret' }, { schema: schemas['ConfigMap'] }),
    { message: 'invalid object type: /v1, Kind=Secret' },
  )
})

test('kubectl takes over from client-side apply what its annotation says', () => {
  const lastApplied = JSON.stringify(configMap({ a: '1', b: '1' }))
  const created = update(
    undefined,
    configMap({ a: '1', b: '1' }, { annotations: { [lastAppliedAnnotation]: lastApplied } }),
    { manager: 'kubectl-client-side-apply' },
  )
  const applied = apply(created, configMap({ a: '2' }))
  assert.equal((dataOf(applied) as Record<string, string>)['a'], '2')
  assert.equal(applied.metadata!.annotations![lastAppliedAnnotation],
    '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"c","namespace":"default"}}\n')
  const edited = update(created, { ...created, data: { a: '5', b: '1' } } as Loose, { manager: 'editor' })
  assert.throws(() => apply(edited, configMap({ a: '2', b: '2' })), {
    message: 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a',
  })
  assert.throws(
    () => apply(created, configMap({ a: '2' }), { manager: 'other' }),
    /conflict with "kubectl-client-side-apply" using v1/,
  )
})

test('custom resources without a schema merge objects and replace lists', () => {
  const custom = (spec: object): Loose => ({ apiVersion: 'x.io/v1', kind: 'Thing', metadata: { name: 't' }, spec })
  const one = apply(undefined, custom({ a: { b: 1 }, list: [1, 2] }), { manager: 'one' })
  assert.deepEqual(managers(one), ['one Apply {"f:spec":{".":{},"f:a":{".":{},"f:b":{}},"f:list":{}}}'])
  const two = apply(one, custom({ a: { c: 2 } }), { manager: 'two' })
  assert.deepEqual((two as Loose)['spec'], { a: { b: 1, c: 2 }, list: [1, 2] })
  assert.throws(() => apply(two, custom({ list: [1] }), { manager: 'two' }), /\.spec\.list/)
})

test('fields that the endpoint resets are nobody\'s', () => {
  const pod: Loose = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { nodeName: 'n' },
    status: { phase: 'Failed' },
  }
  assert.deepEqual(managers(apply(undefined, pod, { resetFields: [['status']] })), [
    'kubectl Apply {"f:spec":{"f:nodeName":{}}}',
  ])
})

test('times go back when nothing else has changed', () => {
  const one = apply(undefined, configMap({ a: '1' }))
  const later = structuredClone(one)
  later.metadata!.managedFields![0]!.time = '2030-01-01T00:00:00Z'
  assert.equal(keepTimesIfUnchanged(one, later).metadata!.managedFields, one.metadata!.managedFields)
  const changed = { ...later, data: { a: '2' } }
  assert.equal(keepTimesIfUnchanged(one, changed), changed)
})

test('lists that cannot be told apart cost the object its managedFields, not the write', () => {
  const pod = (...ports: object[]): Loose => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'a', ports }] },
  })
  const duplicate = update(undefined, pod({ containerPort: 80 }, { containerPort: 80 }))
  assert.match(managers(duplicate)[0]!, /k:\{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"\}":\{\}/)
  const bad = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ image: 'x' }] } }
  assert.equal(update(undefined, bad).metadata!.managedFields, undefined)
})

test('what client-side apply managed is given to the applier', () => {
  const created = update(undefined, configMap({ a: '1', b: '1' }), { manager: 'kubectl-client-side-apply' })
  const live = { ...created, metadata: { ...created.metadata, resourceVersion: '7' } }
  const patch = clientSideApplyUpgradePatch(live, 'kubectl') as {
    op: string
    path: string
    value: ManagedFieldsEntry[]
  }[]
  assert.deepEqual(
    patch.map(({ op, path }) => `${op} ${path}`),
    ['replace /metadata/managedFields', 'replace /metadata/resourceVersion'],
  )
  assert.deepEqual(managers(configMap({}, { managedFields: patch[0]!.value })), [
    'kubectl Apply {"f:data":{".":{},"f:a":{},"f:b":{}}}',
  ])
  assert.equal(clientSideApplyUpgradePatch(apply(undefined, configMap({ a: '1' })), 'kubectl'), undefined)
})

test('a field whose type has become atomic is owned as a whole', () => {
  const fieldsV1 = { 'f:spec': { 'f:selector': { 'f:matchLabels': { 'f:a': {} } }, 'f:replicas': {} } }
  const deployment: Loose = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { replicas: 1, selector: { matchLabels: { a: '1' } } },
  }
  const live = stored({
    ...deployment,
    metadata: {
      name: 'd',
      managedFields: [{ manager: 'old', operation: 'Apply', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1 }],
    },
  })
  assert.deepEqual(
    managers(update(live, { ...deployment, spec: { replicas: 2, selector: { matchLabels: { a: '1' } } } }))[0],
    'old Apply {"f:spec":{"f:selector":{}}}',
  )
  assert.throws(
    () => apply(live, { ...deployment, spec: { selector: { matchLabels: { b: '1' } } } }, { manager: 'new' }),
    { message: 'Apply failed with 1 conflict: conflict with "old": .spec.selector' },
  )
})

test('versions with other fields are compared in their own form', () => {
  const convert = (
    object: Readonly<Record<string, unknown>>,
    apiVersion: string,
  ): { object: Readonly<Record<string, unknown>>; schema: undefined } | undefined =>
    apiVersion === 'x.io/v1'
      ? { object: { ...object, apiVersion, spec: { old: (object['spec'] as Loose)['new'] } }, schema: undefined }
      : undefined
  const entry = (apiVersion: string, name: string): ManagedFieldsEntry =>
    ({ manager: name, operation: 'Apply', apiVersion, fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'f:old': {} } } })
  const live = stored({
    apiVersion: 'x.io/v2',
    kind: 'Thing',
    metadata: { name: 't', managedFields: [entry('x.io/v0', 'gone'), entry('x.io/v1', 'old')] },
    spec: { new: 1 },
  } as KubeObject)
  const applied = { apiVersion: 'x.io/v2', kind: 'Thing', metadata: { name: 't' }, spec: { new: 2 } } as KubeObject
  const input = {
    live,
    applied,
    manager: 'm',
    subresource: '',
    schema: undefined,
    apiVersion: 'x.io/v2',
    now: clock,
    convert,
  }
  assert.throws(() => applyObject({ ...input, force: false }), {
    message: 'Apply failed with 1 conflict: conflict with "old": .spec.old',
  })
  assert.deepEqual(managers(applyObject({ ...input, force: true })), ['m Apply {"f:spec":{".":{},"f:new":{}}}'])
})
