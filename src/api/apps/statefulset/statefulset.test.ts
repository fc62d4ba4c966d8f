/** Table: StatefulSets in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCreate, expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import type { StatefulSet } from '../../gen/apps-v1.ts'
import { statefulSet } from './statefulset.ts'
import { statefulSetWarnings } from './statefulset-warnings.ts'

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'b' }] } }

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: { selector: { matchLabels: { app: 'a' } }, template, ...spec } }
}

/** As it came to be stored under the rules of its day. */
function stored(spec: object = {}): object {
  return checkCreate(statefulSet, own(spec) as StatefulSet).object
}

const unmade = { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] }
const empty = { template: { metadata: template.metadata, spec: { containers: [] } } }

const rows: readonly Row[] = [
  {
    it: 'starts in order and keeps its claims',
    object: own(),
    holds: {
      'spec.podManagementPolicy': 'OrderedReady',
      'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      'spec.persistentVolumeClaimRetentionPolicy': { whenDeleted: 'Retain', whenScaled: 'Retain' },
      'spec.replicas': 1,
      status: { replicas: 0, availableReplicas: 0 },
    },
  },
  {
    it: 'mounts the claims that it makes',
    object: own({
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
      template: {
        ...template,
        spec: { containers: [{ name: 'a', image: 'b', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
      },
    }),
    holds: {
      'spec.volumeClaimTemplates.0.kind': 'PersistentVolumeClaim',
      'spec.volumeClaimTemplates.0.status': { phase: 'Pending' },
    },
  },
  {
    it: 'starts in order or all at once',
    object: own({ podManagementPolicy: 'X' }),
    errors: ["spec.podManagementPolicy: Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'"],
  },
  {
    it: 'changes in few ways',
    old: own(),
    object: own({ serviceName: 'b', replicas: 3 }),
    errors: [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
        + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
  },
  {
    it: 'has a label for a name',
    object: { ...own(), metadata: { name: 'a.b' } },
    errors: ['metadata.name: Invalid value: "a.b": must not contain dots'],
  },
  {
    it: 'judges the claims that it makes, when it is new',
    object: own({
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { resources: { requests: { storage: '1Gi' } } } }],
    }),
    errors: ['spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required'],
  },
  { it: 'keeps the claims of old', old: stored(unmade), object: own({ replicas: 2, ...unmade }) },
  {
    it: 'is not judged by its template while the stored one is broken',
    old: stored(empty), object: own({ replicas: 0, ...empty }),
  },
  {
    it: 'is judged by its template otherwise',
    old: stored(), object: own(empty),
    errors: ['spec.template.spec.containers: Required value'],
  },
]

const mounted = {
  volumeClaimTemplates: [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ],
}
const rolling = (maxUnavailable?: number): object =>
  ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, ...(maxUnavailable && { maxUnavailable }) } } })

const newer: readonly Row[] = [
  {
    it: 'has its claims before the volumes of the template',
    object: own({
      ...mounted, template: { ...template, spec: { ...template.spec, volumes: [{ name: 'X', emptyDir: {} }] } },
    }),
    errors: [
      'spec.template.spec.volumes[1].name: Invalid value: "X": a lowercase RFC 1123 label must consist of lower case '
      + "alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or "
      + "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  },
  {
    it: 'names its pods itself',
    object: own({ template: { ...template, spec: { ...template.spec, hostname: 'X', subdomain: 'Y' } } }),
  },
  {
    it: 'judges the metadata of its template twice',
    object: own({ template: { ...template, metadata: { ...template.metadata, annotations: { 'a b': '' } } } }),
    errors: Array<string>(2).fill(
      'spec.template.annotations: Invalid value: "a b": name part must consist of alphanumeric characters, \'-\', \'_\' or '
      + "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
      + "used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ),
  },
  {
    it: 'asks for lasting pods even of a broken selector',
    object: own({
      selector: { matchLabels: { 'a b': '' } },
      template: { ...template, spec: { ...template.spec, restartPolicy: 'Never', activeDeadlineSeconds: 1 } },
    }),
    errors: [
      'spec.selector.matchLabels: Invalid value: "a b": name part must consist of alphanumeric characters, \'-\', \'_\' or '
      + "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
      + "used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      'spec.selector: Invalid value: {"matchLabels":{"a b":""}}',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
    ],
  },
  { it: 'replaces one pod at a time', object: own(rolling(2)), holds: { 'spec.updateStrategy': rollingOf() } },
  {
    it: 'keeps replacing more where it did before',
    old: { ...stored(), spec: { ...(stored() as StatefulSet).spec, ...rolling(2) } }, object: own(rolling(3)),
    holds: { 'spec.updateStrategy': rollingOf(3) },
  },
  { it: 'remembers everything, if need be', object: own({ revisionHistoryLimit: -1 }) },
  {
    it: 'tells the counts of a status before their order',
    old: own(), object: { ...own(), status: { replicas: 1, readyReplicas: 2, collisionCount: -1 } },
    subresource: 'status',
    errors: [
      'status.collisionCount: Invalid value: -1: must be greater than or equal to 0',
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ],
  },
]

function rollingOf(maxUnavailable?: number): unknown {
  return (rolling(maxUnavailable) as { updateStrategy: unknown }).updateStrategy
}

for (const row of [...rows, ...newer]) {
  test(row.it, () => assert.deepEqual(outcomeOf(statefulSet, row), expectedOf(row)))
}

test('warns of parts of bytes, and of history that is kept for ever', () => {
  const resources = { requests: { storage: '1500m' }, limits: { storage: '1Gi' } }
  const set = own({
    revisionHistoryLimit: -1, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { resources } }],
  }) as StatefulSet
  const bytes = 'resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer'
  const history =
    'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended'
  assert.deepEqual(statefulSetWarnings(set, undefined), [`spec.volumeClaimTemplates[0].${bytes}`, history])
  assert.deepEqual(statefulSetWarnings(set, set as never), [`spec.volumeClaimTemplates[0].Spec.${bytes}`, history])
})
