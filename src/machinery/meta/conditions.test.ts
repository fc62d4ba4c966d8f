/** Tests of status conditions and owner references. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCondition, isConditionTrue, withCondition, withoutCondition } from './conditions.ts'

const before = '2026-01-01T00:00:00Z'
const now = '2026-01-02T00:00:00Z'
const ready = { type: 'Ready', status: 'True', reason: 'Good', message: '', lastTransitionTime: before }

test('the time of a condition moves only with its status', () => {
  assert.deepEqual(withCondition(undefined, { type: 'Ready', status: 'True' }, now), [
    { type: 'Ready', status: 'True', lastTransitionTime: now },
  ])
  assert.deepEqual(withCondition([ready], { type: 'Ready', status: 'True', reason: 'Better', message: '' }, now),
    [{ ...ready, reason: 'Better' }])
  assert.deepEqual(withCondition([ready], { type: 'Ready', status: 'False', reason: 'Bad', message: '' }, now),
    [{ ...ready, status: 'False', reason: 'Bad', lastTransitionTime: now }])
})

test('setting a condition to what it is changes nothing', () => {
  const conditions = [ready]
  assert.equal(
    withCondition(conditions, { type: 'Ready', status: 'True', reason: 'Good', message: '' }, now),
    conditions,
  )
})

test('conditions are found and removed', () => {
  assert.equal(findCondition([ready], 'Ready'), ready)
  assert.equal(isConditionTrue([ready], 'Ready'), true)
  assert.equal(isConditionTrue(undefined, 'Ready'), false)
  assert.deepEqual(withoutCondition([ready], 'Ready'), [])
})
