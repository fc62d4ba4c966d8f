/** The simulation is deterministic, finds nothing wrong in a few seeds, and finds every bug that is planted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from './simulation.ts'
import { bugs } from './testing/bugs.ts'

test('the same seed gives the same run, byte for byte, and another seed another', async () => {
  const first = await simulate({ seed: 3 })
  const again = await simulate({ seed: 3 })
  assert.deepEqual(again, first)
  assert.deepEqual(first.violations, [])
  const other = await simulate({ seed: 6 })
  assert.notEqual(other.hash, first.hash)
})

test('a cluster without faults comes to rest within a minute', async () => {
  const { violations, settleMs } = await simulate({ seed: 1, faults: [] })
  assert.deepEqual(violations, [])
  assert.ok(settleMs < 60_000, `${settleMs} ms`)
})

const seedsMax = 5

for (const { name, tampering, promise, faults = [] } of bugs) {
  test(`notices when ${name}`, async () => {
    const said: string[] = []
    for (let seed = 1; seed <= seedsMax; seed++) {
      const { violations } = await simulate({ seed, hours: 0.15, faults, tampering: tampering() })
      said.push(...violations.map((violation) => violation.promise))
      if (said.some((text) => promise.test(text))) return
    }
    assert.fail(`no checker noticed in ${seedsMax} seeds; they said: ${said.join(', ') || 'nothing'}`)
  })
}
