/** Table: an annotation, profiles of the container and the pod → that of the container then, and a warning. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppArmorProfile, Pod } from '../../gen/core-v1.ts'
import { readAppArmorAnnotations } from './apparmor-annotations.ts'

type Profile = AppArmorProfile | undefined

const unconfined: Profile = { type: 'Unconfined' }
const runtime: Profile = { type: 'RuntimeDefault' }

type Row = readonly [it: string, annotation: string, own: Profile, pod: Profile, then: Profile, warns: boolean]

const rows: readonly Row[] = [
  ['becomes the field', 'unconfined', undefined, undefined, unconfined, true],
  ['names a profile of the node', 'localhost/a', undefined, unconfined, { type: 'Localhost', localhostProfile: 'a' }, true],
  ['says what the pod says', 'runtime/default', undefined, runtime, undefined, false],
  ['says what the container says', 'runtime/default', runtime, undefined, runtime, false],
  ['says something else than the container', 'unconfined', runtime, undefined, runtime, false],
  ['makes no sense', 'none', undefined, undefined, undefined, true],
  ['names no profile', 'localhost/', undefined, undefined, undefined, true],
]

function podOf(annotation: string, own: Profile, all: Profile): Pod {
  return {
    metadata: { name: 'p', annotations: { 'container.apparmor.security.beta.kubernetes.io/a': annotation } },
    spec: {
      ...(all && { securityContext: { appArmorProfile: all } }),
      containers: [{ name: 'a', image: 'i', ...(own && { securityContext: { appArmorProfile: own } }) }],
    },
  }
}

for (const [it, annotation, own, all, then, warns] of rows) {
  test(it, () => {
    const warnings: string[] = []
    const pod = podOf(annotation, own, all)
    readAppArmorAnnotations(pod, (sentence) => warnings.push(sentence))
    assert.deepEqual(pod.spec!.containers[0]!.securityContext?.appArmorProfile, then)
    assert.deepEqual(warnings, warns ? [
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: deprecated since v1.30; ' +
        'use the "appArmorProfile" field instead',
    ] : [])
  })
}

test('says nothing of Windows', () => {
  const pod = podOf('unconfined', undefined, undefined)
  pod.spec!.os = { name: 'windows' }
  readAppArmorAnnotations(pod, assert.fail)
  assert.equal(pod.spec!.containers[0]!.securityContext, undefined)
})
