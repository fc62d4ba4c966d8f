/** Claims for devices: who may administer devices, and who may write which part of a status. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { ResourceAttributes } from '../authz/authorizer.ts'
import { readerOf } from '../rest/newest-objects.ts'
import { admin, manualClock, startTestServer, type TestServer } from '../testing.ts'
import { changedDrivers, nodeOfAllocation } from './claim-authorization.ts'
import { deviceClaimHooks } from './claim-hooks.ts'

const base = '/apis/resource.k8s.io/v1/namespaces/lab'
const merge = { 'content-type': 'application/merge-patch+json' }
const label = 'resource.kubernetes.io/admin-access'
const driver: UserInfo = {
  name: 'system:serviceaccount:kube-system:driver', groups: [],
  extra: { 'authentication.kubernetes.io/node-name': ['node-1'] },
}

/** `granted`: `verb resource/subresource namespace/name` of what is allowed; everything is, where it is absent. */
async function start({ labels = {}, user = admin, granted }: {
  readonly labels?: Record<string, string>
  readonly user?: UserInfo
  readonly granted?: readonly string[]
} = {}): Promise<TestServer> {
  const store = openVolatileStore({ clock: manualClock() })
  const authorize = ({ verb, resource, subresource, namespace, name }: ResourceAttributes): boolean =>
    !['binding', 'driver'].includes(subresource) || granted === undefined
    || granted.includes(`${verb} ${resource}/${subresource} ${namespace}/${name}`)
  const authorizer = {
    authorize: (attributes: object) => ({ allowed: authorize(attributes as ResourceAttributes), reason: 'denied' }),
  }
  const server: TestServer = startTestServer({
    store, authorizer, authenticators: [{ authenticate: () => Promise.resolve(user) }],
    hooks: deviceClaimHooks({ authorizer, objects: () => readerOf({ kinds: server.server.kinds, store }) }),
  })
  await server.send('POST', '/api/v1/namespaces', { metadata: { name: 'lab', labels } })
  return server
}

function claim(exactly: object = {}): object {
  const requests = [{ name: 'r', exactly: { deviceClassName: 'gpu', ...exactly } }]
  return { metadata: { name: 'a' }, spec: { devices: { requests } } }
}

const refusal = (path: string): string =>
  `${path}: Forbidden: admin access to devices requires the \`${label}: true\` label on the containing namespace`

test('a namespace has to allow that devices are administered', async () => {
  const { send } = await start()
  const refused = await send('POST', `${base}/resourceclaims`, claim({ adminAccess: true, deviceClassName: '' }))
  assert.equal(refused.status, 422)
  assert.equal(refused.json['message'], `ResourceClaim.resource.k8s.io "a" is invalid: [${
    refusal('spec.devices.requests[0].adminAccess')}, spec.devices.requests[0].exactly.deviceClassName: Required value]`)
  assert.equal((await send('POST', `${base}/resourceclaims`, claim({ adminAccess: false }))).status, 201)
  const { spec, ...rest } = claim({ adminAccess: true }) as { spec: object }
  const template = await send('POST', `${base}/resourceclaimtemplates`, { ...rest, spec: { spec } })
  assert.equal(template.json['message'],
    `ResourceClaimTemplate.resource.k8s.io "a" is invalid: ${refusal('spec.devices.requests[0].adminAccess')}`)
})

test('a namespace with the label does', async () => {
  const { send } = await start({ labels: { [label]: 'true' } })
  assert.equal((await send('POST', `${base}/resourceclaims`, claim({ adminAccess: true }))).status, 201)
})

const device = { driver: 'd.example.com', pool: 'p', device: 'g' }
const nodeSelector = {
  nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }],
}

function allocation(result: object = {}): object {
  return { allocation: { nodeSelector, devices: { results: [{ request: 'r', ...device, ...result }] } } }
}

test('an allocation gives no access that the namespace does not allow', async () => {
  const { send } = await start()
  await send('POST', `${base}/resourceclaims`, claim())
  const { json } = await send('PATCH', `${base}/resourceclaims/a/status`, { status: allocation({ adminAccess: true }) }, merge)
  assert.equal(json['message'],
    `ResourceClaim.resource.k8s.io "a" is invalid: ${refusal('status.allocation.devices.results[0].adminAccess')}`)
})

test('an allocation takes the right to bind', async () => {
  const { send } = await start({ granted: ['update resourceclaims/binding /'], user: { name: 'jane', groups: [] } })
  const { json: created } = await send('POST', `${base}/resourceclaims`, claim())
  const url = `${base}/resourceclaims/a/status`
  const patched = await send('PATCH', url, { status: allocation() }, merge)
  assert.equal(patched.json['message'], 'ResourceClaim.resource.k8s.io "a" is invalid: status: Forbidden: '
    + 'changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="patch" '
    + 'permission: resourceclaims.resource.k8s.io is forbidden: User "jane" cannot patch resource '
    + '"resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope: denied')
  assert.equal((await send('PUT', url, { ...created, status: allocation() })).status, 200)
  assert.equal((await send('PATCH', url, { metadata: { labels: { a: 'b' } } }, merge)).status, 200)
})

test('what is told of devices takes the right of their driver', async () => {
  const right = `patch resourceclaims/binding /`
  const tell = async (user: UserInfo, granted: readonly string[]): Promise<unknown> => {
    const { send } = await start({ user, granted: [right, ...granted] })
    await send('POST', `${base}/resourceclaims`, claim())
    const url = `${base}/resourceclaims/a/status`
    await send('PATCH', url, { status: allocation() }, merge)
    const answer = await send('PATCH', url, { status: { devices: [device] } }, merge)
    return answer.status === 200 ? 200 : answer.json['message']
  }
  const why = (verbs: string, user: string, verb: string): string =>
    'ResourceClaim.resource.k8s.io "a" is invalid: status.devices: Forbidden: changing status.devices requires '
    + `resource="resourceclaims/driver", verb="[${verbs}]" permission: resourceclaims.resource.k8s.io "d.example.com" `
    + `is forbidden: User "${user}" cannot ${verb} resource "resourceclaims/driver" in API group "resource.k8s.io" `
    + 'in the namespace "lab": denied'
  const name = 'lab/d.example.com'
  assert.equal(await tell(driver, [`associated-node:patch resourceclaims/driver ${name}`]), 200)
  assert.equal(await tell(driver, [`arbitrary-node:patch resourceclaims/driver ${name}`]), 200)
  assert.equal(await tell(driver, []),
    why('associated-node:patch arbitrary-node:patch', driver.name, 'associated-node:patch'))
  const elsewhere = { ...driver, extra: { 'authentication.kubernetes.io/node-name': ['node-2'] } }
  assert.equal(await tell(elsewhere, [`associated-node:patch resourceclaims/driver ${name}`]),
    why('arbitrary-node:patch', driver.name, 'arbitrary-node:patch'))
})

test('drivers whose entries are new, gone or different are told apart', () => {
  const one = { ...device, driver: 'a' }
  const two = { ...device, driver: 'b' }
  assert.deepEqual(changedDrivers([one, two], [two, one]), [])
  assert.deepEqual(changedDrivers([two, one], []), ['a', 'b'])
  assert.deepEqual(changedDrivers([two], [one, two]), ['a'])
  assert.deepEqual(changedDrivers([{ ...one, data: {} }, two], [{ ...one, data: { a: 1 } }, two]), ['a'])
  assert.deepEqual(changedDrivers([{ ...one, shareID: 'x' }], [one]), ['a'])
})

test('an allocation for one node names it in one way', () => {
  const of = (nodeSelectorTerms: any): string | undefined => nodeOfAllocation({ nodeSelector: { nodeSelectorTerms } })
  const [term] = nodeSelector.nodeSelectorTerms
  assert.equal(of([term]), 'node-1')
  assert.equal(of([term, term]), undefined)
  assert.equal(of([{ ...term, matchExpressions: [{ key: 'a', operator: 'Exists' }] }]), undefined)
  assert.equal(of([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a', 'b'] }] }]), undefined)
  assert.equal(nodeOfAllocation(undefined), undefined)
})
