/** Jobs: enough successes, no more failures than allowed, and every pod counted once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { job } from '#api/batch/job/job.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { Job } from '#api/gen/batch-v1.ts'
import { createSeededRandom } from '#client/testing/seeded-random.ts'
import { formatTime } from '#machinery/time.ts'
import { Model } from '../testing/model.ts'
import { templateOf } from '../testing/pods.ts'
import { ttlAfterFinishedController } from '../ttl-after-finished/ttl-after-finished.ts'
import { formatIndexes, parseIndexes } from './indexes.ts'
import { jobController } from './job.ts'

type Spec = NonNullable<Job['spec']>
const work = (extra: Partial<Spec> = {}): Job => ({
  metadata: { name: 'work' },
  spec: {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    selector: { matchLabels: { job: 'work' } },
    template: { metadata: { labels: { job: 'work' } }, spec: { ...templateOf('x').spec!, restartPolicy: 'Never' } },
    ...extra,
  },
})
const get = (model: Model) => model.get(job, 'default/work')!
const told = (model: Model) =>
  (get(model).status?.conditions ?? [])
    .filter(({ status }) => status === 'True')
    .map(({ type, reason }) => `${type} ${reason}`)
const settle = (model: Model) => model.settle([jobController], 50)
const running = (model: Model) =>
  model
    .list(pod)
    .filter(
      ({ status, metadata }) =>
        !metadata.deletionTimestamp && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
    )

function finish(
  model: Model,
  phase: 'Succeeded' | 'Failed',
  count = Infinity,
  exitCode = phase === 'Failed' ? 1 : 0,
): void {
  for (const object of running(model).slice(0, count)) {
    model.change(pod, `default/${object.metadata.name}`, (copy) => {
      copy.status = {
        phase,
        containerStatuses: [
          {
            name: 'main',
            image: '',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode, finishedAt: formatTime(model.now) } },
          },
        ],
      }
    })
  }
}

test('runs until as many pods have succeeded as are asked for, so many at a time', async () => {
  const model = new Model()
  model.put(job, work({ completions: 5, parallelism: 2 }))
  for (let i = 0; i < 10; i++) {
    await settle(model)
    assert.ok(running(model).length <= 2)
    finish(model, 'Succeeded')
  }
  assert.deepEqual(told(model), ['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
  const { status } = get(model)
  assert.deepEqual([status!.succeeded, status!.failed, status!.active], [5, 0, 0])
  assert.ok(status!.completionTime)
  assert.equal(model.list(pod).length, 5)
  assert.ok(
    model.list(pod).every(({ metadata }) => (metadata.finalizers ?? []).length === 0),
    'nothing keeps counted pods',
  )
})

test('gives up after backoffLimit failures, waiting longer after each', async () => {
  const model = new Model()
  model.put(job, work({ backoffLimit: 2 }))
  const waits: number[] = []
  for (let i = 0; i < 3; i++) {
    await settle(model)
    assert.equal(running(model).length, 1)
    finish(model, 'Failed')
    await settle(model)
    const { wakeAt } = await model.plan(jobController, 'default/work')
    if (wakeAt === undefined) break
    waits.push((wakeAt - model.now) / 1000)
    model.now = wakeAt
  }
  await settle(model)
  assert.deepEqual(waits, [10, 20])
  assert.deepEqual(told(model), ['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
  assert.equal(get(model).status!.failed, 3)
})

test('an Indexed Job runs each number once and tells which are done', async () => {
  const model = new Model()
  model.put(job, work({ completions: 4, parallelism: 4, completionMode: 'Indexed' }))
  await settle(model)
  assert.deepEqual(
    model
      .list(pod)
      .map(({ spec }) => spec!.hostname)
      .toSorted(),
    ['work-0', 'work-1', 'work-2', 'work-3'],
  )
  assert.ok(model.list(pod)[0]!.spec!.containers![0]!.env!.some(({ name }) => name === 'JOB_COMPLETION_INDEX'))
  finish(model, 'Succeeded', 3)
  await settle(model)
  assert.equal(get(model).status!.succeeded, 3)
  finish(model, 'Failed', 1)
  await settle(model)
  model.now += 10_000
  await settle(model)
  assert.equal(running(model).length, 1, 'the failed number is tried again')
  finish(model, 'Succeeded')
  await settle(model)
  assert.equal(get(model).status!.completedIndexes, '0-3')
  assert.equal(told(model).at(-1), 'Complete CompletionsReached')
})

/** Lets the pods of some numbers fail and those of the others succeed, until the Job is over. */
async function runIndexes(model: Model, failing: readonly number[], exitCode = 1): Promise<void> {
  for (let i = 0; i < 30; i++) {
    await settle(model)
    if (told(model).some((condition) => /^(Complete|Failed) /.test(condition))) return
    for (const object of running(model)) {
      const fails = failing.includes(Number(object.metadata.annotations!['batch.kubernetes.io/job-completion-index']))
      model.change(pod, `default/${object.metadata.name}`, (copy) => {
        const terminated = { exitCode: fails ? exitCode : 0, finishedAt: formatTime(model.now) }
        copy.status = {
          phase: fails ? 'Failed' : 'Succeeded',
          containerStatuses: [
            { name: 'main', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated } },
          ],
        }
      })
    }
    model.now += 60_000
  }
  assert.fail(`the Job does not end: ${JSON.stringify(get(model).status)}`)
}

const indexed = { completions: 4, parallelism: 2, completionMode: 'Indexed', backoffLimit: 2 ** 31 - 1 } as const

const endings: readonly {
  readonly name: string
  readonly spec: Partial<Spec>
  readonly failing: readonly number[]
  readonly exitCode?: number
  readonly condition: string
  readonly status: readonly unknown[]
}[] = [
  {
    name: 'each number has its own limit, and the others go on',
    spec: { backoffLimitPerIndex: 1 }, failing: [1, 3],
    condition: 'Failed FailedIndexes', status: ['0,2', '1,3', 2, 4],
  },
  {
    name: 'too many failed numbers end the Job before its last number',
    spec: { completions: 10, backoffLimitPerIndex: 0, maxFailedIndexes: 1 }, failing: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    condition: 'Failed MaxFailedIndexesExceeded', status: ['', '0,1', 0, 2],
  },
  {
    name: 'a failure policy gives up a number at its first failure',
    spec: {
      backoffLimitPerIndex: 3,
      podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }] },
    },
    failing: [2], exitCode: 42,
    condition: 'Failed FailedIndexes', status: ['0,1,3', '2', 3, 1],
  },
  {
    name: 'one number is enough where the success policy says so',
    spec: { successPolicy: { rules: [{ succeededIndexes: '1-3', succeededCount: 1 }] } }, failing: [0, 2, 3],
    condition: 'Complete SuccessPolicy', status: ['1', undefined, 1, 1],
  },
  {
    name: 'a rule of the success policy that names all of its numbers waits for all of them',
    spec: { parallelism: 4, successPolicy: { rules: [{ succeededIndexes: '0-2' }, { succeededCount: 3 }] } },
    failing: [0],
    condition: 'Complete SuccessPolicy', status: ['1-3', undefined, 3, 1],
  },
]
for (const { name, spec, failing, exitCode, condition, status: expected } of endings) {
  test(`an Indexed Job: ${name}`, async () => {
    const model = new Model()
    model.put(job, work({ ...indexed, ...spec }))
    await runIndexes(model, failing, exitCode)
    assert.equal(told(model).at(-1), condition)
    const { completedIndexes, failedIndexes, succeeded, failed } = get(model).status!
    assert.deepEqual([completedIndexes, failedIndexes, succeeded, failed], expected)
    assert.ok(model.list(pod).every(({ metadata }) => (metadata.finalizers ?? []).length === 0), 'all are counted')
  })
}

test('the successor of a failed pod tells how often its number has failed, and waits for that number only', async () => {
  const model = new Model()
  model.put(job, work({ ...indexed, parallelism: 4, backoffLimitPerIndex: 5 }))
  await settle(model)
  finish(model, 'Failed', 1)
  await settle(model)
  const failed = model.list(pod).find(({ status }) => status?.phase === 'Failed')!
  assert.equal(failed.metadata.finalizers?.length, 1, 'it is kept until its successor is there')
  assert.equal(running(model).length, 3)
  const { wakeAt } = await model.plan(jobController, 'default/work')
  assert.equal(wakeAt! - model.now, 10_000)
  model.now = wakeAt!
  await settle(model)
  const counts = running(model).map(({ metadata }) => metadata.annotations!['batch.kubernetes.io/job-index-failure-count'])
  assert.deepEqual(counts.toSorted(), ['0', '0', '0', '1'])
})

test('a deadline ends what still runs', async () => {
  const model = new Model()
  model.put(job, work({ activeDeadlineSeconds: 60 }))
  await settle(model)
  const { wakeAt } = await model.plan(jobController, 'default/work')
  assert.equal(wakeAt, model.now + 60_000)
  model.now = wakeAt
  await settle(model)
  assert.equal(told(model).at(-1), 'Failed DeadlineExceeded')
  assert.equal(running(model).length, 0)
})

test('a suspended Job has no pods, and goes on when it is resumed', async () => {
  const model = new Model()
  model.put(job, work({ suspend: true }))
  await settle(model)
  assert.deepEqual([model.list(pod).length, told(model)], [0, ['Suspended JobSuspended']])
  model.change(job, 'default/work', (copy) => { copy.spec!.suspend = false })
  await settle(model)
  assert.deepEqual([running(model).length, told(model)], [1, []])
})

test('a failure policy ends the Job at once or overlooks the failure', async () => {
  const policy = { rules: [
    { action: 'FailJob' as const, onExitCodes: { operator: 'In' as const, values: [42] }, onPodConditions: [] },
    { action: 'Ignore' as const, onExitCodes: { operator: 'In' as const, values: [7] }, onPodConditions: [] },
  ] }
  const model = new Model()
  model.put(job, work({ backoffLimit: 0, podFailurePolicy: policy }))
  await settle(model)
  finish(model, 'Failed', 1, 7)
  await settle(model)
  assert.deepEqual([get(model).status!.failed, told(model)], [0, []])
  model.now += 10_000
  await settle(model)
  finish(model, 'Failed', 1, 42)
  await settle(model)
  assert.equal(told(model).at(-1), 'Failed PodFailurePolicy')
})

test('counts every pod once, whatever it sees in between', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = createSeededRandom(seed)
    const model = new Model()
    const completions = 1 + Math.floor(random.next() * 6)
    model.put(job, work({ completions, parallelism: 1 + Math.floor(random.next() * 4), backoffLimit: 1000 }))
    for (let step = 0; step < 200 && !told(model).some((line) => line.startsWith('Complete')); step++) {
      await model.step(jobController, 'default/work')
      if (random.next() < 0.5) finish(model, random.next() < 0.6 ? 'Succeeded' : 'Failed', 1)
      model.now += 700_000
    }
    await settle(model)
    const phases = model.list(pod).map(({ status }) => status?.phase)
    const { status } = get(model)
    assert.equal(status!.succeeded, phases.filter((phase) => phase === 'Succeeded').length, `seed ${seed}`)
    assert.ok(status!.succeeded! >= completions, `seed ${seed}`)
    assert.equal(status!.failed, phases.filter((phase) => phase === 'Failed').length, `seed ${seed}`)
  }
})

test('a finished Job goes when its time is over', async () => {
  const model = new Model()
  model.put(job, work({ ttlSecondsAfterFinished: 100 }))
  await settle(model)
  finish(model, 'Succeeded')
  await settle(model)
  const { wakeAt } = await model.plan(ttlAfterFinishedController, 'default/work')
  assert.equal(wakeAt, model.now + 100_000)
  model.now = wakeAt
  await model.settle([ttlAfterFinishedController])
  assert.equal(model.list(job).length, 0)
})

test('pods of a Job that is gone are let go', async () => {
  const model = new Model()
  model.put(job, work())
  await settle(model)
  model.remove(job, 'default/work')
  await model.step(jobController, 'default/work')
  assert.deepEqual(model.list(pod)[0]!.metadata.finalizers, [])
})

const written = [['', []], ['0', [0]], ['0-2,5', [0, 1, 2, 5]], ['1,3', [1, 3]], ['0,1,4', [0, 1, 4]]] as const
for (const [text, indexes] of written) {
  test(`indexes "${text}" are read and written alike`, () => {
    assert.deepEqual([...parseIndexes(text, 10)], indexes)
    assert.equal(formatIndexes(new Set(indexes)), text)
  })
}
