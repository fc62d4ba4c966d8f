/** Table: CronJobs in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { cronJob } from './cronjob.ts'

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } }

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: { schedule: '* * * * *', jobTemplate: { spec: { template } }, ...spec } }
}

const rows: readonly Row[] = [
  {
    it: 'makes Jobs whether or not others run', object: own(),
    holds: {
      'spec.concurrencyPolicy': 'Allow',
      'spec.suspend': false,
      'spec.successfulJobsHistoryLimit': 3,
      'spec.failedJobsHistoryLimit': 1,
    },
  },
  {
    it: 'has five fields', object: own({ schedule: '* * * *' }),
    errors: ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
  },
  {
    it: 'stays within the hour', object: own({ schedule: '60 * * * *' }),
    errors: ['spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60'],
  },
  { it: 'knows names of days', object: own({ schedule: '*/5 0-3 1,15 jan mon-fri' }) },
  { it: 'knows words for schedules', object: own({ schedule: '@hourly', timeZone: 'Europe/Berlin' }) },
  {
    it: 'is somewhere on earth', object: own({ timeZone: 'Mars/Base' }),
    errors: ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
  },
  {
    it: 'leaves room in its name', object: { ...own(), metadata: { name: 'a'.repeat(53) } },
    errors: [`metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`],
  },
  {
    it: 'leaves the selector to the Job',
    object: own({ jobTemplate: { spec: { selector: { matchLabels: { a: 'b' } }, template } } }),
    errors: [
      'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(cronJob, row), expectedOf(row)))
