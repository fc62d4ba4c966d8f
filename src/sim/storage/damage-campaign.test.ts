/** A sample of the damage campaign in every test run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCollector } from './campaign.ts'
import { damageMany, makeSubjects } from './damage-campaign.ts'
import { damages } from './damage.ts'

const subjects = await makeSubjects()
/** Of each kind, for each file. Coprime to the bits of a byte and the bytes of a sector. */
const sample = 60

for (const damage of damages) {
  test(`a file with ${damage.name} is read rightly, or refused by name and offset and left alone`, async () => {
    const collector = createCollector()
    for (const subject of subjects) {
      const length = subject.files.get(subject.path)!.length
      const count = damage.count(length)
      const step = count === Infinity ? 1_009 : Math.floor(count / sample) | 1
      for (let at = 0; at < sample; at++) await damageMany(subject, damage, at * step, at * step + 1, collector)
    }
    assert.deepEqual(collector.failures, [])
    assert.ok(collector.counts['refused']! > sample)
  })
}

test('the files that are damaged are as large as they are said to be', () => {
  for (const { files, path } of subjects) assert.ok(files.get(path)!.length >= 65_536, path)
})
