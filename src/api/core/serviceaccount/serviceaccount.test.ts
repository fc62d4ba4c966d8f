/** Table: ServiceAccounts in → what is stored of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { serviceAccount } from './serviceaccount.ts'

const rows: readonly Row[] = [
  {
    it: 'keeps the names of its secrets only',
    object: { metadata: { name: 'a' }, secrets: [{ name: 'b', namespace: 'c' }] },
    holds: { secrets: [{ name: 'b' }] },
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(serviceAccount, row), expectedOf(row)))
