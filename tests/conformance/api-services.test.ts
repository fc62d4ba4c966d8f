/** The APIServices that the server makes of itself (upstream: kube-aggregator's autoregister controller). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runServiceRegistration } from '#apiserver/aggregator/register-services.ts'
import { admin } from '#apiserver/testing.ts'
import { silentLog } from '#world/log.ts'
import { definitionOf, merge, startDefinitionServer } from './definition-server.ts'

const path = '/apis/apiregistration.k8s.io/v1/apiservices'

test("a definition's APIService returns when it is deleted or changed, one of the start does not", async () => {
  await using server = startDefinitionServer()
  const stop = new AbortController()
  const { kinds } = server.server
  const done = runServiceRegistration(
    { kinds, transport: server.server.localTransport(admin), clock: server.clock, log: silentLog }, stop.signal)
  const until = async (name: string, check: (service: any) => boolean): Promise<any> => {
    for (let round = 0; round < 200; round += 1) {
      const { status, json } = await server.send('GET', `${path}/${name}`)
      if (check(status === 200 ? json : undefined)) return json
      await server.clock.advance(10)
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    throw new Error(`not so: ${name} ${check.toString()}`)
  }
  await server.define(definitionOf())
  const custom = 'v1.stable.example.com'
  const { metadata } = await until(custom, (service) => service !== undefined)
  assert.equal(metadata.labels['kube-aggregator.kubernetes.io/automanaged'], 'true')
  await until('v1.apps', (service) => service !== undefined)
  await server.send('DELETE', `${path}/v1.apps`)
  await server.send('DELETE', `${path}/${custom}`)
  await until(custom, (service) => service !== undefined && service.metadata.uid !== metadata.uid)
  await server.send('PATCH', `${path}/${custom}`, { spec: { versionPriority: 7 } }, merge)
  await until(custom, (service) => service.spec.versionPriority === 100)
  assert.equal((await server.send('GET', `${path}/v1.apps`)).status, 404)
  stop.abort()
  await done
})
