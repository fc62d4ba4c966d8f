/** A few seeds of servers that share an etcd over bad connections. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedCampaign } from './shared-campaign.ts'

test('servers that share an etcd are as strict as one store, however bad their connections', async () => {
  for (let seed = 1; seed <= 25; seed++) assert.deepEqual((await sharedCampaign.run(seed)).failures, [])
})
