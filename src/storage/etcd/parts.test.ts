/** The parts of the store over an etcd that can be seen alone; the whole is tested in tests/ and in src/sim/storage. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rpcCode, RpcError } from '#world/rpc.ts'
import { StoreFull, StoreRefused, StoreUnavailable } from '../store.ts'
import { failureOf, storeErrorOf, type Failure } from './etcd-errors.ts'
import { createKeySpace } from './key-space.ts'
import { isProgressReliable } from './progress.ts'
import { Rounds } from './rounds.ts'

test('many who ask at once share an answer that was asked for after they came', async () => {
  const questions: ((answer: number) => void)[] = []
  const rounds = new Rounds(() => new Promise<number>((resolve) => questions.push(resolve)))
  const first = rounds.join()
  const later = [rounds.join(), rounds.join()]
  assert.equal(questions.length, 1)
  questions[0]!(1)
  assert.equal(await first, 1)
  await Promise.resolve()
  questions[1]!(2)
  assert.deepEqual(await Promise.all(later), [2, 2])
  assert.equal(questions.length, 2)
})

test('who waited through a round that failed does not wait for another; the next to come begins anew', async () => {
  let asked = 0
  const rounds = new Rounds(() => (asked++ === 0 ? Promise.reject(new Error('away')) : Promise.resolve('here')))
  const outcomes = await Promise.allSettled([rounds.join(), rounds.join()])
  assert.deepEqual(outcomes.map(({ status }) => status), ['rejected', 'rejected'])
  assert.equal(await rounds.join(), 'here')
})

const failures: readonly (readonly [number, string, Failure, new () => Error])[] = [
  [rpcCode.unavailable, 'etcdserver: no leader', 'elsewhere', StoreUnavailable],
  [rpcCode.unavailable, 'etcdserver: leader changed', 'elsewhere', StoreUnavailable],
  [rpcCode.unavailable, 'etcdserver: request timed out', 'elsewhere', StoreUnavailable],
  [rpcCode.deadlineExceeded, 'context deadline exceeded', 'elsewhere', StoreUnavailable],
  [rpcCode.unknown, 'raft: stopped', 'elsewhere', StoreUnavailable],
  [rpcCode.resourceExhausted, 'etcdserver: too many requests', 'later', StoreUnavailable],
  [rpcCode.resourceExhausted, 'etcdserver: mvcc: database space exceeded', 'refused', StoreFull],
  [rpcCode.invalidArgument, 'etcdserver: request is too large', 'refused', StoreRefused],
  [rpcCode.permissionDenied, 'etcdserver: permission denied', 'refused', StoreRefused],
  [rpcCode.unauthenticated, 'etcdserver: invalid auth token', 'refused', StoreRefused],
]
for (const [code, message, failure, type] of failures) {
  test(`"${message}" is ${failure}`, () => {
    const error = new RpcError(code as RpcError['code'], message)
    assert.equal(failureOf(error), failure)
    assert.ok(storeErrorOf(error, { newest: 1, compacted: 1 }) instanceof type)
  })
}

test('an error of our own is no answer of an etcd', () => {
  assert.throws(() => failureOf(new TypeError('a bug')), TypeError)
})

const versions: readonly (readonly [string, boolean])[] = [
  ['3.3.25', false], ['3.4.23', false], ['3.4.31', true], ['3.5.12', false], ['3.5.16', true], ['3.6.0', true],
  ['4.0.0', true], ['', false],
]
for (const [version, reliable] of versions) {
  test(`the word of etcd "${version}" on progress is ${reliable ? '' : 'not '}taken`, () => {
    assert.equal(isProgressReliable(version), reliable)
  })
}

test('keys go to the prefix that was asked for, and come back from there', () => {
  const keys = createKeySpace({ root: '/registry', prefix: '/other' })
  assert.equal(keys.toEtcd('/registry/pods/a'), '/other/pods/a')
  assert.equal(keys.fromEtcd('/other/pods/a'), '/registry/pods/a')
  assert.deepEqual(keys.range, { start: '/other/', end: '/other0' })
  assert.throws(() => keys.toEtcd('/elsewhere'), RangeError)
})
