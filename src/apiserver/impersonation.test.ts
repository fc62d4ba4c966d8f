import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserInfo } from './authn/authenticator.ts'
import type { AuthorizationAttributes } from './authz/authorizer.ts'
import { Impersonator, wantedUser } from './impersonation.ts'
import { startTestServer } from './testing.ts'

const alice: UserInfo = { name: 'alice', groups: [] }
const nodeKey = 'authentication.kubernetes.io/node-name'
const agent: UserInfo = {
  name: 'system:serviceaccount:ns:agent', groups: [], extra: { [nodeKey]: ['one'], 'example.com/pod': ['p'] },
}
const maps = '/api/v1/namespaces/default/configmaps'

/** What is asked, in one line: `impersonate-on:user-info:list configmaps`. */
function told(attributes: AuthorizationAttributes): string {
  if (attributes.type === 'path') return `${attributes.verb} ${attributes.path}`
  const { verb, group, resource, subresource, namespace, name } = attributes
  return [verb, `${group && `${group}/`}${resource}${subresource && `/${subresource}`}`, namespace, name].filter(Boolean).join(' ')
}

interface Tried {
  readonly asked: string[]
  readonly status: number
  readonly message: string
  readonly user: UserInfo | undefined
}

async function attempt(
  requestor: UserInfo, headers: Record<string, string>, allow: (line: string) => boolean,
): Promise<Tried> {
  const asked: string[] = []
  let user: UserInfo | undefined
  const { send } = startTestServer({
    authenticators: [{ authenticate: () => requestor }],
    authorizer: {
      authorize(attributes) {
        user = attributes.user
        const line = told(attributes)
        asked.push(line)
        return { allowed: line === 'list configmaps default' || allow(line), reason: '' }
      },
    },
  })
  const { status, json } = await send('GET', maps, undefined, headers)
  return { asked, status, message: json['message'] as string, user }
}

const everything = (): boolean => true
const ofOld = (line: string): boolean => line.startsWith('impersonate ')

test('leave is asked for the request and for every part of the user', async () => {
  const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'one, two', 'impersonate-uid': 'u', 'impersonate-extra-example.com%2fa': 'b' }
  const constrained = await attempt(alice, headers, everything)
  assert.deepEqual(constrained.asked, [
    'impersonate-on:user-info:list configmaps default',
    'impersonate:user-info authentication.k8s.io/users bob',
    'impersonate:user-info authentication.k8s.io/uids u',
    'impersonate:user-info authentication.k8s.io/groups one',
    'impersonate:user-info authentication.k8s.io/groups two',
    'impersonate:user-info authentication.k8s.io/userextras/example.com/a b',
    'list configmaps default',
  ])
  assert.deepEqual(constrained.user, {
    name: 'bob', uid: 'u', groups: ['one', 'two', 'system:authenticated'], extra: { 'example.com/a': ['b'] },
  })
  assert.deepEqual((await attempt(alice, headers, ofOld)).asked, [
    'impersonate-on:user-info:list configmaps default', 'impersonate users bob',
    'impersonate authentication.k8s.io/uids u', 'impersonate groups one', 'impersonate groups two',
    'impersonate authentication.k8s.io/userextras/example.com/a b', 'list configmaps default',
  ])
})

test('a refusal is in the words of the first mode', async () => {
  const rows: [UserInfo, string, string][] = [
    [alice, 'bob', 'configmaps is forbidden: User "alice" cannot impersonate-on:user-info:list resource "configmaps" in API group "" in the namespace "default"'],
    [alice, 'system:node:one', 'configmaps is forbidden: User "alice" cannot impersonate-on:arbitrary-node:list resource "configmaps" in API group "" in the namespace "default"'],
    [agent, 'system:node:one', 'configmaps is forbidden: User "system:serviceaccount:ns:agent" cannot impersonate-on:associated-node:list resource "configmaps" in API group "" in the namespace "default"'],
    [alice, 'system:serviceaccount:ns:sa', 'configmaps is forbidden: User "alice" cannot impersonate-on:serviceaccount:list resource "configmaps" in API group "" in the namespace "default"'],
  ]
  for (const [requestor, name, message] of rows) {
    const tried = await attempt(requestor, { 'impersonate-user': name }, () => false)
    assert.deepEqual([tried.status, tried.message], [403, message])
  }
})

test('groups follow from who it is', async () => {
  const account = ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']
  const node = ['system:nodes', 'system:authenticated']
  const rows: [string, (line: string) => boolean, string[]][] = [
    ['system:serviceaccount:ns:sa', everything, account],
    ['system:serviceaccount:ns:sa', ofOld, account],
    ['system:node:one', everything, node],
    ['system:node:one', ofOld, ['system:authenticated']],
    ['system:anonymous', everything, ['system:unauthenticated']],
  ]
  for (const [name, allow, groups] of rows) {
    assert.deepEqual((await attempt(alice, { 'impersonate-user': name }, allow)).user, { name, groups })
  }
})

test('a service account may stand for the node of its pod, and for no other', async () => {
  const own = (line: string): boolean =>
    line.startsWith('impersonate-on:associated-node:') || line === 'impersonate:associated-node authentication.k8s.io/nodes *'
  const { asked, user } = await attempt(agent, { 'impersonate-user': 'system:node:one' }, own)
  assert.deepEqual(asked.slice(0, 2), [
    'impersonate-on:associated-node:list configmaps default', 'impersonate:associated-node authentication.k8s.io/nodes *',
  ])
  assert.deepEqual(user, { name: 'system:node:one', groups: ['system:nodes', 'system:authenticated'] })
  assert.equal((await attempt(agent, { 'impersonate-user': 'system:node:two' }, own)).status, 403)
  assert.equal((await attempt(agent, { 'impersonate-user': 'system:node:one', 'impersonate-group': 'system:nodes' }, own)).status, 403)
})

test('the authorizer learns of a node\'s service account only which extras it has', async () => {
  const users: UserInfo[] = []
  const impersonator = new Impersonator({
    authorize({ user }) {
      users.push(user)
      return { allowed: true, reason: '' }
    },
  })
  await impersonator.decide({ name: 'system:node:one', groups: [] }, { type: 'path', user: agent, verb: 'get', path: '/x' })
  const keys = ['authentication.kubernetes.io/node-name', 'example.com/pod']
  for (const { extra } of users) assert.deepEqual(extra, { 'authentication.kubernetes.io/associated-node-keys': keys })
})

test('nobody becomes an administrator in a constrained mode', async () => {
  const { message } = await attempt(
    alice, { 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' }, (line) => !ofOld(line),
  )
  assert.equal(message, 'groups.authentication.k8s.io "system:masters" is forbidden: User "alice" cannot ' +
    'impersonate:user-info resource "groups" in API group "authentication.k8s.io" at the cluster scope: ' +
    'impersonating the system:masters group is not allowed')
})

test('many groups are asked for at once, and one by one where that is refused', async () => {
  const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'a, b, c, d' }
  const all = await attempt(alice, headers, everything)
  assert.deepEqual(all.asked.slice(2, -1), ['impersonate:user-info authentication.k8s.io/groups *'])
  const some = await attempt(alice, headers, (line) => !line.endsWith('*'))
  assert.equal(some.asked.length, 2 + 1 + 4 + 1)
})

test('the mode that allowed it last is tried first', async () => {
  const asked: string[] = []
  const impersonator = new Impersonator({
    authorize(attributes) {
      asked.push(told(attributes))
      return { allowed: ofOld(told(attributes)), reason: '' }
    },
  })
  const request = { type: 'path', user: alice, verb: 'get', path: '/x' } as const
  await impersonator.decide({ name: 'bob', groups: [] }, request)
  await impersonator.decide({ name: 'carol', groups: [] }, request)
  assert.deepEqual(asked, ['impersonate-on:user-info:get /x', 'impersonate users bob', 'impersonate users carol'])
})

test('a comma within a header is part of the group or of the value', () => {
  const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'one, ,,two', 'impersonate-extra-k': 'hello there, one,two' }
  assert.deepEqual(wantedUser(headers), { name: 'bob', groups: ['one', ',,two'], extra: { k: ['hello there', 'one,two'] } })
})

test('groups of no user are a bad request', () => {
  assert.equal(wantedUser({}), undefined)
  assert.equal(wantedUser({ 'impersonate-user': '' }), undefined)
  const rows: [Record<string, string>, string][] = [
    [{ 'impersonate-group': 'a, b' }, '&user.DefaultInfo{Name:"", UID:"", Groups:[]string{"a", "b"}, Extra:map[string][]string(nil)}'],
    [{ 'impersonate-uid': 'u', 'impersonate-extra-x': 'y' }, '&user.DefaultInfo{Name:"", UID:"u", Groups:[]string(nil), Extra:map[string][]string{"x":[]string{"y"}}}'],
  ]
  for (const [headers, printed] of rows) {
    assert.throws(() => wantedUser(headers), { code: 400, message: `requested ${printed} without impersonating a user name` })
  }
})
