/** A reporter for node:test that says only what failed, and at the end how many tests there were. */
import type { TestEvent } from 'node:test/reporters'

export default async function* failures(source: AsyncIterable<TestEvent>): AsyncIterable<string> {
  let passed = 0
  let failed = 0
  let skipped = 0
  for await (const event of source) {
    if (event.type === 'test:pass' && event.data.details.type !== 'suite') {
      if (event.data.skip === undefined) passed++
      else skipped++
    }
    if (event.type !== 'test:fail' || event.data.details.type === 'suite') continue
    failed++
    const { name, file, line, details } = event.data
    const cause = details.error.cause ?? details.error
    yield `\nFAILED ${file ?? ''}:${line ?? ''} ${name}\n${cause instanceof Error ? cause.stack : String(cause)}\n`
  }
  yield `\n${passed} passed, ${failed} failed, ${skipped} skipped\n`
}
