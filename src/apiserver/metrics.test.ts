/** The server's figures as Prometheus reads them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namespaceLifecycle } from './admission/plugins/namespace-lifecycle.ts'
import { startTestServer } from './testing.ts'

const json = { 'content-type': 'application/json' }

test('every figure has its type, and no figure is told twice', async () => {
  const { send } = startTestServer({ admission: [namespaceLifecycle] })
  await send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } }, json)
  const maps = '/api/v1/namespaces/default/configmaps'
  for (const query of ['', '?dryRun=All']) {
    await send('POST', maps + query, { metadata: { name: `a${query.length}` } }, json)
    await send('DELETE', `${maps}/a0${query}`)
  }
  await send('GET', maps)
  await send('GET', '/readyz')
  const { text } = await send('GET', '/metrics')
  const typed = new Map<string, string>()
  const seen = new Set<string>()
  for (const line of text.trimEnd().split('\n')) {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    if (name !== '') {
      assert.ok(!typed.has(name), line)
      typed.set(name, type)
    }
    if (line.startsWith('#')) continue
    const [series = ''] = line.split(/ (?=\S+$)/)
    assert.ok(!seen.has(series), `twice: ${series}`)
    seen.add(series)
    const [own = ''] = series.split('{')
    assert.ok(typed.has(own) || typed.has(own.replace(/_(?:bucket|sum|count)$/, '')), `no type: ${line}`)
  }
  const labels = 'component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="LIST",version="v1"'
  for (const line of [
    `apiserver_response_sizes_count{${labels}} 1`, `apiserver_request_sli_duration_seconds_count{${labels}} 1`,
    `apiserver_request_slo_duration_seconds_count{${labels}} 1`, `apiserver_response_sizes_bucket{${labels},le="1e+06"} 1`,
    'authentication_attempts{result="success"} 8', 'authorization_attempts_total{result="allowed"} 8',
    'apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="false",type="admit"} 3',
  ]) assert.ok(text.includes(`${line}\n`), line)
  assert.match(text, /^kubernetes_build_info\{build_date="[^"]*",compiler="[^"]*",git_commit=.* 1$/m)
  assert.match((await send('GET', '/metrics/slis')).text, /^kubernetes_healthcheck\{name="ping",type="readyz"\} 1$/m)
})
