/** Broken inputs, the same in every run: nothing crashes, nothing stalls, and every refusal is the reader's own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './run.ts'
import { targets } from './targets.ts'

const rounds: Readonly<Record<string, number>> = { json: 1500, yaml: 400, protobuf: 1500, quantity: 4000, selector: 4000, patch: 600, continue: 800, path: 1000, expression: 4000 }

for (const target of targets) {
  test(`${target.name}: ${rounds[target.name]} broken inputs`, async () => {
    const result = await fuzz(target, { seed: 1, rounds: rounds[target.name]! })
    assert.equal(result.rounds, rounds[target.name])
  })
}
