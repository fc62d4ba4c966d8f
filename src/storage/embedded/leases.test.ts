/** Leases are over when their time is over, whenever the timer gets its turn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '#world/clock.ts'
import { Leases } from './leases.ts'

/** A machine so busy that timers fire long after they are due. */
function lateClock() {
  let now = 0
  let due: (() => void) | undefined
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.reject(new Error('nobody sleeps')),
    schedule(_, callback) {
      due = callback
      return { cancel: () => { if (due === callback) due = undefined } }
    },
  }
  return {
    clock,
    pass: (ms: number) => { now += ms },
    fire: () => {
      const callback = due
      due = undefined
      callback?.()
    },
    isArmed: () => due !== undefined,
  }
}

test('a lease that is over cannot be renewed before its timer has fired', () => {
  const { clock, pass, fire } = lateClock()
  const over: bigint[] = []
  const leases = new Leases(clock, (id) => { over.push(id) })
  leases.grant(1n, 5)
  pass(4_999)
  assert.equal(leases.renew(1n), true)
  pass(5_000)
  assert.equal(leases.renew(1n), false)
  assert.equal(leases.term(1n)?.remainingMs, 0)
  fire()
  assert.deepEqual(over, [1n])
})

test('a lease that could not be revoked is told again, once a second, and one that was revoked is not', () => {
  const { clock, pass, fire, isArmed } = lateClock()
  const over: bigint[] = []
  const leases = new Leases(clock, (id) => { over.push(id) })
  leases.grant(1n, 5)
  leases.grant(2n, 7)
  pass(6_000)
  fire()
  pass(999)
  fire()
  assert.deepEqual(over, [1n])
  pass(1)
  fire()
  assert.deepEqual(over.toSorted(), [1n, 1n, 2n])
  leases.revoke(1n)
  leases.revoke(2n)
  assert.equal(isArmed(), false)
})

test('the timer is set for the lease that is over first, though others were granted before it', () => {
  const { clock, pass, fire } = lateClock()
  const over: bigint[] = []
  const leases = new Leases(clock, (id) => { over.push(id) })
  for (const [id, ttl] of [[1n, 50], [2n, 10], [3n, 30]] as const) leases.grant(id, ttl)
  assert.equal(leases.renew(2n), true)
  for (let second = 0; second < 60; second++) {
    pass(1_000)
    fire()
    for (const id of over) leases.revoke(id)
  }
  assert.deepEqual(over, [2n, 3n, 1n])
})
