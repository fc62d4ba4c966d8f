/** The scheduler against the real API server, in one process and in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/gen/core-v1.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import { schedulerLaboratory } from '#sim/scheduler-laboratory.ts'

test('a pod is bound to a node that fits, and an event says so', async () => {
  await using lab = await schedulerLaboratory()
  await lab.node('a cpu=1')
  await lab.node('b cpu=4')
  await lab.pod('p cpu=2')
  assert.equal(await lab.where('p'), 'b')
  assert.equal(await lab.scheduled('p'), 'True')
  assert.deepEqual(await lab.events('p'), ['Normal Scheduled: Successfully assigned default/p to b'])
})

test('a pod that fits nowhere says why, and is placed as soon as it fits', async () => {
  await using lab = await schedulerLaboratory()
  await lab.pod('p cpu=2')
  assert.equal(await lab.scheduled('p'), 'False Unschedulable no nodes available to schedule pods')
  await lab.node('a cpu=1')
  const message = '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: '
    + '0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
  assert.equal(await lab.scheduled('p'), `False Unschedulable ${message}`)
  assert.ok((await lab.events('p')).includes(`Warning FailedScheduling: ${message}`))
  await lab.node('b cpu=4')
  await lab.clock.advance(2_000)
  assert.equal(await lab.where('p'), 'b')
})

test('pods that are decided one after the other do not share what is left', async () => {
  await using lab = await schedulerLaboratory()
  await lab.node('a cpu=1')
  await lab.node('b cpu=1')
  for (const name of ['p', 'q', 'r']) await lab.pod(`${name} cpu=1`)
  const nodes = [await lab.where('p'), await lab.where('q'), await lab.where('r')]
  assert.deepEqual(nodes.toSorted(), ['', 'a', 'b'])
})

test('a pod of another scheduler, and one behind a gate, are left alone', async () => {
  await using lab = await schedulerLaboratory()
  await lab.node('a')
  await lab.pod('other {"schedulerName":"mine"}')
  await lab.pod('gated {"schedulingGates":[{"name":"example.com/wait"}]}')
  assert.equal(await lab.where('other'), '')
  assert.equal(await lab.where('gated'), '')
  assert.match(await lab.scheduled('gated') ?? '', /^False SchedulingGated/)
  const { metadata: { resourceVersion }, ...gated } = await lab.pods.get('gated')
  const { schedulingGates, ...spec } = gated.spec!
  assert.equal(schedulingGates?.length, 1)
  await lab.pods.update({ ...gated, metadata: { name: 'gated', namespace: 'default', resourceVersion }, spec } as Pod)
  await lab.clock.advance(2_000)
  assert.equal(await lab.where('gated'), 'a')
})

test('a deleted pod makes room for one that waits', async () => {
  await using lab = await schedulerLaboratory()
  await lab.node('a cpu=1')
  await lab.pod('p cpu=1')
  await lab.pod('q cpu=1')
  assert.equal(await lab.where('q'), '')
  await lab.pods.delete('p', { gracePeriodSeconds: 0 })
  await lab.clock.advance(2_000)
  assert.equal(await lab.where('q'), 'a')
})

test('the more important pod goes first when several wait', async () => {
  await using lab = await schedulerLaboratory()
  for (const line of ['low cpu=1 priority=1', 'high cpu=1 priority=7', 'middle cpu=1 priority=5']) await lab.pod(line)
  await lab.node('a cpu=1')
  await lab.clock.advance(5_000)
  assert.deepEqual([await lab.where('low'), await lab.where('high'), await lab.where('middle')], ['', 'a', ''])
})

test('an important pod preempts: the victim is told and deleted, the node is promised, and then taken', async () => {
  await using lab = await schedulerLaboratory()
  await lab.node('a cpu=1')
  await lab.pod('victim cpu=1')
  assert.equal(await lab.where('victim'), 'a')
  await lab.pod('vip cpu=1 priority=1000')
  assert.equal((await lab.pods.get('vip')).status?.nominatedNodeName, 'a')
  const { metadata, status } = await lab.pods.get('victim')
  assert.ok(metadata.deletionTimestamp)
  const disrupted = status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  assert.deepEqual([disrupted?.status, disrupted?.reason, disrupted?.message], [
    'True', 'PreemptionByScheduler', 'default-scheduler: preempting to accommodate a higher priority pod',
  ])
  assert.equal(disrupted?.observedGeneration, 1)
  const { metadata: { uid } } = await lab.pods.get('vip')
  assert.ok((await lab.events('victim')).includes(`Normal Preempted: Preempted by pod ${uid} on node a`))
  await lab.pods.delete('victim', { gracePeriodSeconds: 0 })
  await lab.clock.advance(2_000)
  assert.equal(await lab.where('vip'), 'a')
})

test('a binding that fails is tried again after a while, and what it had taken is given back', async () => {
  let failures = 0
  await using lab = await schedulerLaboratory((transport) => ({
    ...transport,
    call(call, options) {
      if (call.path.subresource !== 'binding' || failures++ > 0) return transport.call(call, options)
      throw new ApiError({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        code: 503,
        reason: 'ServiceUnavailable',
        message: 'planted',
      })
    },
  }))
  await lab.node('a cpu=1')
  await lab.pod('p cpu=1')
  assert.equal(await lab.where('p'), '')
  assert.equal(await lab.scheduled('p'), 'False SchedulerError planted')
  await lab.clock.advance(1_100)
  assert.equal(await lab.where('p'), 'a')
})
