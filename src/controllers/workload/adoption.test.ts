/** Which pods a controller may call its own, for every state of pod and owner. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { pod } from '#api/core/pod/pod.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import { planClaims } from './adoption.ts'
import type { StoredPod } from './pods.ts'

const common = { namespace: 'default', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' }

function podOf(name: string, app: string, controller?: string, isDeleting = false): StoredPod {
  const ownerReferences = controller === undefined ? [] : [{
    apiVersion: 'apps/v1', kind: 'ReplicaSet', name: controller, uid: controller, controller: true,
    blockOwnerDeletion: true,
  }]
  return { metadata: { ...common, name, uid: name, labels: { app }, ownerReferences, ...(isDeleting && deleted) } }
}

const pods = [
  podOf('own', 'web', 'web'), podOf('strayed', 'else', 'web'), podOf('orphan', 'web'), podOf('foreign orphan', 'else'),
  podOf('ending orphan', 'web', undefined, true), podOf('theirs', 'web', 'other'), podOf('not ours', 'else', 'other'),
]

function claims(isDeleting: boolean): readonly [claimed: readonly string[], changed: readonly unknown[]] {
  const owner = { metadata: { ...common, name: 'web', uid: 'web', ...(isDeleting && deleted) } }
  const selector = labelSelectorMatcher({ matchLabels: { app: 'web' } })
  const { claimed, actions } = planClaims({ kind: replicaSet, owner, selector }, pod, pods)
  const changed = actions.map((action) => action.type === 'patch' && action.target.metadata?.name)
  return [claimed.map(({ metadata }) => metadata.name), changed]
}

test('a controller keeps its own that match, adopts orphans, releases what matches no more, and touches no other', () => {
  assert.deepEqual(claims(false), [['own', 'orphan'], ['strayed', 'orphan']])
})

test('a controller that is being deleted adopts and releases nothing', () => {
  assert.deepEqual(claims(true), [['own'], []])
})
