/** `/healthz`, `/livez`, `/readyz`: one line for each check, or just "ok". */
import type { HttpResponse } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { HealthMetrics } from './health-metrics.ts'
import { notFoundPage, textResponse, type PathHandler } from './paths.ts'

export interface HealthCheck {
  readonly name: string
  /** Which of the endpoints ask it. Default: all three. */
  readonly endpoints?: readonly Endpoint[]
  /** Throws, or rejects, when something is wrong; the reason goes to the log only. */
  check(): void | Promise<void>
}

export type Endpoint = 'healthz' | 'livez' | 'readyz'

export function serveHealth(checks: readonly HealthCheck[], metrics: HealthMetrics, log: Log): PathHandler {
  return async ({ request }) => {
    const [, endpoint, ...rest] = request.path.split('/')
    if (endpoint !== 'healthz' && endpoint !== 'livez' && endpoint !== 'readyz') return undefined
    const asked = checks.filter((check) => check.endpoints?.includes(endpoint) ?? true)
    const name = rest.join('/')
    if (name === '') return await answerAll(endpoint, asked, request.query, metrics, log)
    const single = asked.find((check) => check.name === name)
    if (!single) return notFoundPage
    const failure = await run(single)
    return failure === undefined ? textResponse(200, 'ok') : textResponse(500, `internal server error: ${failure}\n`)
  }
}

async function answerAll(
  endpoint: Endpoint, checks: readonly HealthCheck[], query: string, metrics: HealthMetrics, log: Log,
): Promise<HttpResponse> {
  const values = new URLSearchParams(query)
  const excluded = new Set(values.getAll('exclude'))
  const lines: string[] = []
  const failed: string[] = []
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`)
      continue
    }
    const failure = await run(check)
    metrics.checked(check.name, endpoint, failure === undefined)
    // The endpoint is public, so the reason is not for it.
    lines.push(failure === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`)
    if (failure !== undefined) failed.push(`${check.name}: ${failure}`)
  }
  if (excluded.size > 0) {
    const names = [...excluded].toSorted().map((name) => JSON.stringify(name)).join(',')
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`)
  }
  if (failed.length > 0) {
    log.warn('failed a health check', { endpoint, failed })
    return textResponse(500, `${lines.join('\n')}\n${endpoint} check failed\n`)
  }
  return textResponse(200, values.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok')
}

async function run(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
