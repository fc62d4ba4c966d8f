/** Which addresses Services have: as the flag says, and for good. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deriveClusterConfig, type ClusterChoices } from '#bootstrap/cluster-config.ts'
import { parseArguments } from './arguments.ts'
import { CommandFailure } from './failure.ts'
import { chooseServiceRange, serviceRangeFlag } from './service-range.ts'

const choices: ClusterChoices = {
  name: 'a', index: 1, dataDirectory: '/d', runDirectory: '/r', nodes: { type: 'simulated', count: 0 },
  advertiseAddress: '127.0.0.1',
}
const choose = (text: string | undefined, before?: ClusterChoices): string | undefined =>
  chooseServiceRange(parseArguments(text === undefined ? [] : ['--service-cluster-ip-range', text], serviceRangeFlag), before)

test('a range of Services gives the first address to the API server and the tenth to DNS', () => {
  const config = deriveClusterConfig({ ...choices, serviceRange: choose('10.0.0.7/24') })
  assert.deepEqual([config.serviceCidr, config.kubernetesServiceIp, config.dnsServiceIp],
    ['10.0.0.0/24', '10.0.0.1', '10.0.0.10'])
  const { serviceCidr, kubernetesServiceIp, dnsServiceIp } = deriveClusterConfig(choices)
  assert.deepEqual([serviceCidr, kubernetesServiceIp, dnsServiceIp], ['10.112.0.0/12', '10.112.0.1', '10.112.0.10'])
})

test('a cluster keeps its range of Services', () => {
  const before = { ...choices, serviceRange: '10.0.0.0/24' }
  assert.equal(choose(undefined, before), '10.0.0.0/24')
  assert.equal(choose('10.0.0.0/24', before), '10.0.0.0/24')
  for (const other of [before, choices]) assert.throws(() => choose('10.1.0.0/24', other), /has another range/)
})

for (const text of ['10.0.0.0', '10.0.0.0/8', '10.0.0.0/29', 'fd00::/112', 'x']) {
  test(`"${text}" is no range for Services`, () => assert.throws(() => choose(text), CommandFailure))
}
