/** Decisions about what others left behind or took away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingControllers } from './cli/kernel.ts'
import { portsOf } from './network-guard.ts'
import { decideOrphans } from './orphaned-leases.ts'
import { isLoopbackOnly } from './resolvers.ts'

test('a lease without a sandbox is an orphan, unless it is younger than the runtime that is asked', () => {
  const lease = (sandboxId: string, reservedAt: number) => ({ file: `/leases/${sandboxId}`, sandboxId, reservedAt })
  const leases = [lease('known', 1), lease('gone', 1), lease('in the making', 9)]
  assert.deepEqual(decideOrphans(leases, new Set(['known']), 5), [leases[1]])
})

test('the port of a pod is the interface outside of its sandbox that is not the bridge', () => {
  const interfaces = [{ name: 'skiff0' }, { name: 'veth12' }, { name: 'eth0', sandbox: '/run/netns/x' }]
  assert.deepEqual(portsOf(JSON.stringify({ kind: 'cniCacheV1', result: { interfaces } }), 'skiff0'), ['veth12'])
  assert.deepEqual(portsOf('{}', 'skiff0'), [])
})

const resolvers: readonly (readonly [string, boolean])[] = [
  ['nameserver 127.0.0.53\noptions edns0', true],
  ['nameserver ::1', true],
  ['nameserver 127.0.0.1\nnameserver 10.0.0.1', false],
  ['# nameserver 127.0.0.1', false],
  ['', false],
]
for (const [text, expected] of resolvers) {
  test(`${JSON.stringify(text)}: ${expected ? 'pods reach none of its servers' : 'may be given to pods'}`, () =>
    assert.equal(isLoopbackOnly(text), expected))
}

const controllers: readonly (readonly [readonly string[], readonly string[]])[] = [
  [['cpuset', 'cpu', 'io', 'memory', 'pids'], []],
  [['cpu,cpuacct', 'memory', 'pids', 'systemd'], []],
  [['cpuset', 'cpu', 'pids'], ['memory']],
  [[''], ['cpu', 'memory', 'pids']],
]
for (const [present, missing] of controllers) {
  test(`control groups ${present.join(' ')} lack: ${missing.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(missingControllers(present), missing))
}
