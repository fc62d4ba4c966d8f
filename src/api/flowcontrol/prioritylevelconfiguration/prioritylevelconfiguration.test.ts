/** Table: PriorityLevelConfigurations in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { priorityLevelConfiguration } from './prioritylevelconfiguration.ts'

const rows: readonly Row[] = [
  {
    it: 'queues in 64 queues of 50',
    object: {
      metadata: { name: 'a' }, spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } },
    },
    holds: {
      'spec.limited.nominalConcurrencyShares': 30, 'spec.limited.lendablePercent': 0,
      'spec.limited.limitResponse.queuing': { queues: 64, handSize: 8, queueLengthLimit: 50 },
    },
  },
  {
    it: 'is exempt by name', object: { metadata: { name: 'a' }, spec: { type: 'Exempt' } },
    errors: ["spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"],
  },
  {
    it: 'deals hands from the deck',
    object: {
      metadata: { name: 'a' },
      spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 8 } } } },
    },
    errors: ['spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)'],
  },
  {
    it: 'counts shares up from zero',
    object: {
      metadata: { name: 'a' },
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: -1, limitResponse: { type: 'Reject' } } },
    },
    errors: ['spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer'],
  },
  {
    it: 'uses no more of a hash than there is',
    object: {
      metadata: { name: 'a' },
      spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 512, handSize: 8 } } } },
    },
    errors: [
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and '
      + 'handSize 8 should not be greater than 60',
    ],
  },
  {
    it: 'lets the shares of what is exempt be changed',
    object: { metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 7 } } },
    holds: { 'spec.exempt': { nominalConcurrencyShares: 7, lendablePercent: 0 } },
  },
  {
    it: 'leaves the level that catches all as it is',
    object: {
      metadata: { name: 'catch-all' },
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 6, limitResponse: { type: 'Reject' } } },
    },
    errors: [
      'spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":6,"LimitResponse":{"Type":"Reject",'
      + '"Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: '
      + "spec of 'catch-all' must equal the fixed value",
    ],
  },
]

for (const row of rows) {
  test(row.it, () => assert.deepEqual(outcomeOf(priorityLevelConfiguration, row), expectedOf(row)))
}
