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
  pass(1)
  fire()
  pass(4_999 + 900)
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
  pass(5_100)
  fire()
  pass(999)
  fire()
  assert.deepEqual(over, [1n])
  pass(1)
  fire()
  pass(900)
  fire()
  assert.deepEqual(over.toSorted(), [1n, 1n, 2n])
  leases.revoke(1n)
  leases.revoke(2n)
  assert.equal(isArmed(), false)
})

test('after a suspension every lease has all its time again, and whoever was kept waiting can renew', () => {
  const { clock, pass, fire } = lateClock()
  const over: bigint[] = []
  const leases = new Leases(clock, (id) => {
    over.push(id)
    leases.revoke(id)
  })
  for (const [id, ttl] of [[1n, 1], [2n, 5], [3n, 60]] as const) leases.grant(id, ttl)
  pass(1_000)
  fire()
  assert.deepEqual(over, [1n], 'what was over before is not brought back')
  pass(4_000 + 30_000)
  assert.equal(leases.renew(2n), true)
  assert.equal(leases.term(3n)?.remainingMs, 60_000)
  fire()
  assert.deepEqual(over, [1n])
  pass(5_000)
  fire()
  assert.deepEqual(over, [1n, 2n])
  pass(55_000 + 20_000)
  fire()
  assert.deepEqual([over, leases.term(3n)?.remainingMs], [[1n, 2n], 60_000])
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
