/** What upstream's own API server was seen to answer, we answer: byte for byte, but for times, versions and chance. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { namespaceLifecycle } from '#apiserver/admission/plugins/namespace-lifecycle.ts'
import { readAnswer } from '#apiserver/testing.ts'
import { json, startDefinitionServer, type Definition, type DefinitionServer } from '../../conformance/definition-server.ts'
import { differences } from './differences.ts'
import { bodyOf, comparable, pathOf, type RecordedAnswer, type Scenario, type Step } from './scenario.ts'
import { scenarios } from './scenarios.ts'

for (const scenario of scenarios) {
  test(`${scenario.name}: the answers are upstream's`, { timeout: 120_000 }, async (context) => {
    await using server = startDefinitionServer({ admission: [namespaceLifecycle] })
    await server.send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } }, json)
    await server.define(scenario.definition as Definition, { 'user-agent': 'transcript' })
    await play(scenario, server, async (step, actual) => {
      const expected = recorded(scenario)[step.name]
      const why = differences[`${scenario.name}: ${step.name}`]
      await context.test(step.name, () => {
        if (why === undefined) assert.deepEqual(actual, expected)
        else assert.notDeepEqual(actual, expected, 'the difference is gone: take it out of differences.ts')
      })
    })
  })
}

async function play(
  { steps }: Scenario, server: DefinitionServer, check: (step: Step, answer: RecordedAnswer) => Promise<void>,
): Promise<void> {
  const answers = new Map<string, string>()
  for (const step of steps) {
    const { status, headers, text } = await call(server, step, pathOf(step, answers), bodyOf(step, answers))
    answers.set(step.name, text)
    await check(step, comparable(status, headers, text))
  }
}

async function call(
  server: DefinitionServer, { method, headers: given, events }: Step, path: string, body: string | undefined,
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string }> {
  const headers = {
    'user-agent': 'transcript', ...(body !== undefined && { 'content-type': 'application/json' }), ...given,
  }
  if (events === undefined) return await server.send(method, path, body, headers)
  const stop = new AbortController()
  const answer = await server.open(method, path, headers, stop.signal)
  if (answer.body.type !== 'stream') return await readAnswer(answer)
  let text = ''
  for await (const chunk of answer.body.chunks) {
    text += new TextDecoder().decode(chunk)
    if (text.split('\n').length > events) break
  }
  stop.abort()
  return { status: answer.status, headers: answer.headers, text }
}

const files = new Map<string, Record<string, RecordedAnswer>>()

function recorded({ name }: Scenario): Record<string, RecordedAnswer> {
  let found = files.get(name)
  if (!found) {
    found = JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), 'utf8')) as typeof found & object
    files.set(name, found)
  }
  return found
}
