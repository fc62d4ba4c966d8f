/**
 * Records what a real API server answers: `tools/with-node tests/compatibility/transcripts/record.ts URL CERTIFICATE KEY
 * [SCENARIO...]` (PEM files of an administrator; all scenarios unless some are named). The definitions of the scenarios
 * are deleted first, and made anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { scenarios } from './scenarios.ts'
import {
  bodyOf, comparable, definitionsPath, pathOf, type RecordedAnswer, type Scenario, type Step,
} from './scenario.ts'

const [url = '', certificate = '', key = '', ...names] = process.argv.slice(2)
const agent = new Agent({
  keepAlive: true, cert: readFileSync(certificate), key: readFileSync(key), rejectUnauthorized: false,
})
const longestMs = 15_000

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

async function call({ method, headers = {}, events }: Step, path: string, body?: string): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const sent = request(url + path, {
      method, agent, timeout: longestMs,
      headers: {
        'user-agent': 'transcript', ...headers,
        ...(body !== undefined && {
          'content-length': Buffer.byteLength(body),
          'content-type': headers['content-type'] ?? 'application/json',
        }),
      },
    }, (answer) => {
      let text = ''
      const done = (): void => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (events === undefined || text.split('\n').length <= events) return
        answer.destroy()
        done()
      }).on('end', done)
    })
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`no end of ${method} ${path}`)))
    sent.end(body)
  })
}

const send = (method: string, path: string, body?: string): Promise<Answer> => call({ name: '', method, path }, path, body)

async function record({ name, definition, steps }: Scenario): Promise<void> {
  const own = `${definitionsPath}/${definition.metadata.name}`
  await send('DELETE', own)
  while ((await send('GET', own)).status !== 404) await sleep(100)
  await send('POST', definitionsPath, JSON.stringify(definition))
  // Upstream's server waits until others have heard of the definition before it serves what it defines.
  await sleep(7_000)
  const answers = new Map<string, string>()
  const recorded: Record<string, RecordedAnswer> = {}
  for (const step of steps) {
    const { status, headers, text } = await call(step, pathOf(step, answers), bodyOf(step, answers))
    answers.set(step.name, text)
    recorded[step.name] = comparable(status, headers, text)
  }
  await send('DELETE', own)
  const file = fileURLToPath(new URL(`recorded/${name}.json`, import.meta.url))
  writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`)
  process.stdout.write(`${name}: ${steps.length} answers\n`)
}

for (const scenario of scenarios) if (names.length === 0 || names.includes(scenario.name)) await record(scenario)
agent.destroy()
