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
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(volumeAttachment, row), expectedOf(row)))
