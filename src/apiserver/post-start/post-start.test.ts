import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../testing.ts'
import { createPostStart } from './post-start.ts'

test('health tells what the start has done so far', async () => {
  const gate = Promise.withResolvers<undefined>()
  const hooks = [
    { name: 'system-namespaces', run: () => Promise.resolve() }, { name: 'roles', run: () => gate.promise },
  ]
  const postStart = createPostStart(() => hooks)
  const { send } = startTestServer({ healthChecks: postStart.checks })
  const tells = async (path: string): Promise<string> => (await send('GET', path)).text
  assert.match(await tells('/livez/autoregister-completion'), /not finished/)
  const running = postStart.run(new AbortController().signal)
  assert.equal(await tells('/healthz/log'), 'ok')
  assert.equal(await tells('/readyz/informer-sync'), 'ok')
  assert.equal((await send('GET', '/livez/informer-sync')).status, 404)
  const text = await tells('/readyz?verbose')
  for (const line of [
    '[+]poststarthook/start-system-namespaces-controller ok',
    '[+]poststarthook/start-apiextensions-controllers ok',
    '[-]poststarthook/rbac/bootstrap-roles failed: reason withheld',
    '[-]poststarthook/bootstrap-controller failed: reason withheld',
  ]) assert.ok(text.split('\n').includes(line), line)
  gate.resolve(undefined)
  await running
  assert.equal(await tells('/readyz/poststarthook/rbac/bootstrap-roles'), 'ok')
})
