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
  {
    it: 'names its zone in one place', object: own({ schedule: 'TZ=UTC * * * * *' }),
    errors: ['spec.schedule: Invalid value: "TZ=UTC * * * * *": ' +
      'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  },
  {
    it: 'keeps a zone of old', old: own({ schedule: 'TZ=UTC 1 * * * *' }), object: own({ schedule: 'TZ=UTC * * * * *' }),
  },
  {
    it: 'has one zone', old: own({ schedule: 'TZ=UTC 1 * * * *' }),
    object: own({ schedule: 'TZ=UTC * * * * *', timeZone: 'UTC' }),
    errors: ['spec.schedule: Invalid value: "TZ=UTC * * * * *": ' +
      'cannot use both timeZone field and TZ or CRON_TZ in schedule'],
  },
  {
    it: 'is in a zone of the list', object: own({ timeZone: 'Local' }),
    errors: ['spec.timeZone: Invalid value: "Local": ' +
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'],
  },
  {
    it: 'has a name for its zone', object: own({ timeZone: '' }),
    errors: ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'],
  },
  { it: 'keeps what it has', old: own({ timeZone: 'Mars/Base' }), object: own({ timeZone: 'Mars/Base' }) },
  {
    it: 'keeps a long name', old: { ...own(), metadata: { name: 'a'.repeat(53) } },
    object: { ...own(), metadata: { name: 'a'.repeat(53) } },
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(cronJob, row), expectedOf(row)))
