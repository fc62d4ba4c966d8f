/** CronJobs: the right moments, one Job for each, and no more history than wanted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cronJob } from '#api/batch/cronjob/cronjob.ts'
import { job } from '#api/batch/job/job.ts'
import type { CronJob, Job } from '#api/gen/batch-v1.ts'
import { formatTime } from '#machinery/time.ts'
import { Model } from '../testing/model.ts'
import { templateOf } from '../testing/pods.ts'
import { cronJobController } from './cronjob.ts'
import { parseSchedule } from './schedule.ts'

const dueTimes: readonly (readonly [
  schedule: string,
  zone: string | undefined,
  after: string,
  expected: readonly string[],
])[] = [
  ['*/15 * * * *', undefined, '2026-01-01T00:07:00Z', ['2026-01-01T00:15:00Z', '2026-01-01T00:30:00Z']],
  ['@daily', undefined, '2026-02-28T00:00:00Z', ['2026-03-01T00:00:00Z']],
  ['0 9 * * MON-FRI', undefined, '2026-01-02T09:00:00Z', ['2026-01-05T09:00:00Z']],
  [
    '0 0 13 * 5',
    undefined,
    '2026-01-01T00:00:00Z',
    ['2026-01-02T00:00:00Z', '2026-01-09T00:00:00Z', '2026-01-13T00:00:00Z'],
  ],
  ['0 0 29 2 *', undefined, '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00Z']],
  ['30 12 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z', ['2026-03-28T11:30:00Z', '2026-03-29T10:30:00Z']],
  // Clocks go from 2:00 to 3:00 on 29 March: there is no 2:30 on that day.
  ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', ['2026-03-30T00:30:00Z']],
  ['@every 90m', undefined, '2026-01-01T00:00:00Z', ['2026-01-01T01:30:00Z']],
  [
    '5/20 * * * *',
    undefined,
    '2026-01-01T00:00:00Z',
    ['2026-01-01T00:05:00Z', '2026-01-01T00:25:00Z', '2026-01-01T00:45:00Z', '2026-01-01T01:05:00Z'],
  ],
]
for (const [text, zone, after, expected] of dueTimes) {
  test(`${text}${zone ? ` in ${zone}` : ''} after ${after} is due at ${expected.join(', ')}`, () => {
    const schedule = parseSchedule(text, zone)!
    let time = Date.parse(after)
    for (const due of expected) {
      const at = schedule.next(time)!
      assert.equal(formatTime(at), due)
      assert.equal(schedule.latest(time, at), at)
      assert.equal(schedule.latest(time, at - 1), undefined)
      time = at
    }
  })
}

for (const text of ['', '* * * *', '61 * * * *', '5-1 * * * *', '*/0 * * * *', 'x * * * *', '@sometimes']) {
  test(`"${text}" is no schedule`, () => assert.equal(parseSchedule(text, undefined), undefined))
}

type Spec = NonNullable<CronJob['spec']>
const hourly = (extra: Partial<Spec> = {}): CronJob => ({
  metadata: { name: 'tick' },
  spec: {
    schedule: '0 * * * *',
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
    jobTemplate: { spec: { template: templateOf('tick') } },
    ...extra,
  },
})
const hour = 3_600_000
const settle = (model: Model) => model.settle([cronJobController], 20)
const names = (model: Model): string[] => model.list(job).map(({ metadata }) => metadata.name).toSorted()
const end = (model: Model, type: 'Complete' | 'Failed' = 'Complete'): void => {
  for (const object of model.list(job)) {
    if (object.status?.conditions) continue
    model.change(job, `default/${object.metadata.name}`, (copy) => {
      copy.status = {
        startTime: formatTime(model.now), ...(type === 'Complete' && { completionTime: formatTime(model.now) }),
        conditions: [{ type, status: 'True', lastTransitionTime: formatTime(model.now) }],
      }
    })
  }
}

test('makes one Job at each due time, named after it, and wakes for the next', async () => {
  const model = new Model(Date.UTC(2026, 0, 1, 0, 30))
  model.put(cronJob, hourly())
  await settle(model)
  assert.deepEqual(names(model), [])
  model.now = (await model.plan(cronJobController, 'default/tick')).wakeAt!
  assert.equal(model.now, Date.UTC(2026, 0, 1, 1) + 100)
  await settle(model)
  await settle(model)
  assert.deepEqual(names(model), [`tick-${Date.UTC(2026, 0, 1, 1) / 60_000}`])
  const { status } = model.get(cronJob, 'default/tick')!
  assert.equal(status!.lastScheduleTime, '2026-01-01T01:00:00Z')
  assert.equal(status!.active!.length, 1)
  end(model)
  await settle(model)
  assert.equal(model.get(cronJob, 'default/tick')!.status!.active, undefined)
  assert.equal(model.get(cronJob, 'default/tick')!.status!.lastSuccessfulTime, '2026-01-01T01:00:00Z')
})

for (const [policy, expected] of [['Allow', 2], ['Forbid', 1], ['Replace', 1]] as const) {
  test(`with concurrency policy ${policy} ${expected} of two overlapping Jobs are there`, async () => {
    const model = new Model(Date.UTC(2026, 0, 1, 0, 30))
    model.put(cronJob, hourly({ concurrencyPolicy: policy }))
    for (let i = 0; i < 2; i++) {
      model.now += hour
      await settle(model)
    }
    assert.equal(model.list(job).length, expected)
    const active = 'event Normal JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid'
    assert.equal(model.log.includes(active), policy === 'Forbid')
    const kept = policy === 'Forbid' ? Date.UTC(2026, 0, 1, 1) : Date.UTC(2026, 0, 1, 2)
    assert.equal(names(model).at(-1), `tick-${kept / 60_000}`)
  })
}

test('after a long pause only the latest due time is made up for, within the deadline', async () => {
  const model = new Model(Date.UTC(2026, 0, 1, 0, 30))
  model.put(cronJob, hourly())
  model.now += 200 * hour
  await settle(model)
  assert.equal(model.list(job).length, 1)
  assert.ok(model.log.some((line) => line.startsWith('event Warning TooManyMissedTimes')))
  const strict = new Model(Date.UTC(2026, 0, 1, 0, 30))
  strict.put(cronJob, hourly({ startingDeadlineSeconds: 60 }))
  strict.now += 5 * hour
  await settle(strict)
  assert.equal(strict.list(job).length, 0)
})

test('a schedule that names no day there is, is told about; a suspended one is not looked at', async () => {
  const model = new Model(Date.UTC(2026, 0, 1, 0, 30))
  model.put(cronJob, hourly({ schedule: '59 23 31 2 *', suspend: true }))
  const invalid = 'event Warning InvalidSchedule: invalid schedule: 59 23 31 2 * : '
    + 'time difference between two schedules is less than 1 second'
  const wasTold = (): boolean => model.log.some((line) => line.includes(invalid))
  await settle(model)
  assert.equal(wasTold(), false)
  model.change(cronJob, 'default/tick', (copy) => { copy.spec!.suspend = false })
  await settle(model)
  assert.ok(wasTold(), model.log.join('\n'))
  assert.deepEqual(names(model), [])
})

test('a Job that is lost is told of and forgotten; somebody else\'s is told of and in nobody\'s way', async () => {
  const model = new Model(Date.UTC(2026, 0, 1, 0, 30))
  model.put(cronJob, hourly({ concurrencyPolicy: 'Forbid' }))
  model.now += hour
  await settle(model)
  await settle(model)
  const events = (): readonly string[] => model.log.filter((line) => /MissingJob|UnexpectedJob/.test(line))
  assert.deepEqual(events(), [])
  const [first] = model.list(job)
  model.remove(job, `default/${first!.metadata.name}`)
  await settle(model)
  assert.deepEqual(events(), [`event Normal MissingJob: Active job went missing: ${first!.metadata.name}`])
  assert.equal(model.get(cronJob, 'default/tick')!.status!.active, undefined)
  model.put(job, { ...first!, metadata: {
    name: 'by-hand', uid: 'by-hand', ownerReferences: first!.metadata.ownerReferences!.map((reference) => ({ ...reference })),
  } } as Job)
  model.now += hour
  await settle(model)
  assert.ok(events().includes(
    'event Warning UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand'), model.log.join('\n'))
  assert.equal(model.list(job).length, 2)
  assert.deepEqual(model.get(cronJob, 'default/tick')!.status!.active?.map(({ name }) => name),
    names(model).filter((name) => name !== 'by-hand'))
})

test('keeps as many finished Jobs as it is told', async () => {
  const model = new Model(Date.UTC(2026, 0, 1, 0, 30))
  model.put(cronJob, hourly())
  for (let i = 0; i < 12; i++) {
    model.now += hour
    await settle(model)
    end(model, i % 2 ? 'Failed' : 'Complete')
    await settle(model)
  }
  assert.equal(model.list(job).length, 4)
})

test('a suspended CronJob starts nothing', async () => {
  const model = new Model(Date.UTC(2026, 0, 1, 0, 30))
  model.put(cronJob, hourly({ suspend: true }))
  model.now += hour
  await settle(model)
  assert.equal(model.list(job).length, 0)
})
