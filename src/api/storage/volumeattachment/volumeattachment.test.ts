/** Table: VolumeAttachments in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { volumeAttachment } from './volumeattachment.ts'

function own(spec: object = {}): object {
  return {
    metadata: { name: 'a' }, spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' }, ...spec },
  }
}

const rows: readonly Row[] = [
  { it: 'is not attached at first', object: own(), holds: { status: { attached: false } } },
  {
    it: 'is about one volume',
    object: own({ source: {} }),
    errors: ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  },
  {
    it: 'stays as it is',
    old: own(),
    object: own({ nodeName: 'm' }),
    errors: [
      'spec: Invalid value: {"attacher":"a","nodeName":"m","source":{"persistentVolumeName":"v"}}: field is immutable',
    ],
  },
  {
    it: 'attaches a volume of its own by a driver only',
    object: own({ source: { inlineVolumeSpec: {
      accessModes: ['ReadWriteOnce'], capacity: { storage: '1' }, hostPath: { path: '/' }, storageClassName: 'a',
      nodeAffinity: {}, persistentVolumeReclaimPolicy: 'Delete', volumeMode: 'Block',
    } } }),
    errors: [
      'spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes',
      'spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes',
      'spec.source.inlineVolumeSpec.persistentVolumeReclaimPolicy: Forbidden: ' +
        'may only be Retain in the context of inline volumes',
      'spec.source.inlineVolumeSpec.nodeAffinity: Forbidden: may not be specified in the context of inline volumes',
      'spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes',
      'spec.source.inlineVolumeSpec.volumeMode: Forbidden: ' +
        'may not specify volumeMode other than Filesystem in the context of inline volumes',
    ],
  },
  {
    it: 'is short about what went wrong', subresource: 'status', old: own(),
    object: { ...own(), status: { attached: false, attachError: { message: 'x'.repeat(1025), errorCode: -1 } } },
    errors: [
      'status.attachError.message: Too long: may not be more than 262144 bytes',
      'status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(volumeAttachment, row), expectedOf(row)))
