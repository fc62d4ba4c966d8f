/** What becomes of an object, for every mixture of owners. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { decide, type OwnerState } from './decide.ts'

const object: Stored<KubeObject> = {
  metadata: { name: 'a', namespace: 'default', uid: 'a', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
}

function verdict(states: readonly OwnerState[], dependents = 0, finalizers: readonly string[] = []): string {
  const owners = states.map((state, at) => (
    { state, reference: { apiVersion: 'v1', kind: 'ConfigMap', name: `o${at}`, uid: `o${at}` } }
  ))
  const held = { ...object, metadata: { ...object.metadata, finalizers: [...finalizers] } }
  const decision = decide(held, owners, { count: dependents, someDeletingDependents: false })
  switch (decision.type) {
    case 'keep': return 'keep'
    case 'dropOwners': return `without ${decision.uids.join(' ')}`
    case 'delete': return `delete ${decision.policy}`
  }
}

test('an object goes when none of its owners lives, and not before that is known', () => {
  assert.equal(verdict([]), 'keep')
  assert.equal(verdict(['solid']), 'keep')
  assert.equal(verdict(['dangling']), 'delete Background')
  assert.equal(verdict(['dangling', 'dangling']), 'delete Background')
  assert.equal(verdict(['unresolvable']), 'keep')
  assert.equal(verdict(['dangling', 'unresolvable']), 'keep')
  assert.equal(verdict(['solid', 'unresolvable']), 'keep')
})

test('an owner that is gone is forgotten while another one lives', () => {
  assert.equal(verdict(['solid', 'dangling']), 'without o1')
  assert.equal(verdict(['waiting', 'solid', 'dangling']), 'without o0 o2')
})

test('an object goes in the foreground for an owner that waits, and otherwise as it was told', () => {
  assert.equal(verdict(['waiting'], 2), 'delete Foreground')
  assert.equal(verdict(['waiting'], 0), 'delete Background')
  assert.equal(verdict(['dangling'], 2, ['orphan']), 'delete Orphan')
  assert.equal(verdict(['dangling'], 2, ['foregroundDeletion']), 'delete Foreground')
})
