/** Audit policies: what is read, what is refused, and what they decide. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8Encode } from '#base/bytes.ts'
import { parseRequestInfo, type RequestInfo } from '../request-info.ts'
import { parseAuditPolicy } from './policy-file.ts'
import { compilePolicy, type AuditRule } from './policy.ts'

const parse = (rules: string, warn: (problem: string) => void = () => {}) =>
  parseAuditPolicy(utf8Encode(`apiVersion: audit.k8s.io/v1\nkind: Policy\n${rules}`), warn)

const alice = { name: 'alice', groups: ['dev', 'system:authenticated'] }
const list = (method: string, url: string) => parseRequestInfo(method, url, '') as RequestInfo

describe('a rule', () => {
  const getPod = list('GET', '/api/v1/namespaces/shop/pods/web')
  const getLog = list('GET', '/api/v1/namespaces/shop/pods/web/log')
  const health = list('GET', '/healthz/etcd')
  const cases: readonly (readonly [string, Partial<AuditRule>, typeof getPod, boolean])[] = [
    ['of nothing', {}, getPod, true],
    ['of a user', { users: ['alice'] }, getPod, true],
    ['of another user', { users: ['bob'] }, getPod, false],
    ['of a group', { userGroups: ['dev'] }, getPod, true],
    ['of another group', { userGroups: ['ops'] }, getPod, false],
    ['of a verb', { verbs: ['get'] }, getPod, true],
    ['of another verb', { verbs: ['list'] }, getPod, false],
    ['of the group', { resources: [{ group: '' }] }, getPod, true],
    ['of another API group', { resources: [{ group: 'apps' }] }, getPod, false],
    ['of the resource', { resources: [{ resources: ['pods'] }] }, getPod, true],
    ['of the resource, asked for a subresource', { resources: [{ resources: ['pods'] }] }, getLog, false],
    ['of the subresource', { resources: [{ resources: ['pods/log'] }] }, getLog, true],
    ['of any subresource', { resources: [{ resources: ['pods/*'] }] }, getLog, true],
    ['of any resource\'s subresource', { resources: [{ resources: ['*/log'] }] }, getLog, true],
    ['of any resource\'s subresource, asked for the resource', { resources: [{ resources: ['*/log'] }] }, getPod, false],
    ['of everything', { resources: [{ resources: ['*'] }] }, getLog, true],
    ['of a name', { resources: [{ resources: ['pods'], resourceNames: ['web'] }] }, getPod, true],
    ['of another name', { resources: [{ resources: ['pods'], resourceNames: ['db'] }] }, getPod, false],
    ['of a namespace', { namespaces: ['shop'] }, getPod, true],
    ['of another namespace', { namespaces: [''] }, getPod, false],
    ['of a resource, asked for a path', { resources: [{ resources: ['*'] }] }, health, false],
    ['of a path', { nonResourceURLs: ['/healthz/etcd'] }, health, true],
    ['of paths', { nonResourceURLs: ['/healthz*'] }, health, true],
    ['of other paths', { nonResourceURLs: ['/metrics'] }, health, false],
    ['of all paths, asked for a resource', { nonResourceURLs: ['*'] }, getPod, false],
  ]
  for (const [name, rule, info, matches] of cases) {
    test(`${name} ${matches ? 'matches' : 'does not match'}`, () => {
      const { level } = compilePolicy({ rules: [{ level: 'Metadata', ...rule }] })(info, alice)
      assert.equal(level, matches ? 'Metadata' : 'None')
    })
  }

  test('adds its omitted stages to those of the policy, and decides on managed fields itself', () => {
    const policy = parse('omitStages: [RequestReceived]\nomitManagedFields: true\nrules:\n'
      + '- {level: Request, users: [alice], omitStages: [Panic]}\n- {level: Request, omitManagedFields: false}')
    const decide = compilePolicy(policy)
    const first = decide(getPod, alice)
    assert.deepEqual([[...first.omitStages], first.omitManagedFields], [['RequestReceived', 'Panic'], true])
    const second = decide(getPod, { name: 'bob', groups: [] })
    assert.deepEqual([[...second.omitStages], second.omitManagedFields], [['RequestReceived'], false])
  })
})

describe('a policy is refused', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['without rules', '', 'loaded illegal policy with 0 rules'],
    ['without a level', 'rules: [{users: [a]}]', 'rules[0].level: Required value'],
    ['with another level', 'rules: [{level: All}]', 'rules[0].level: Unsupported value: "All": '
      + 'supported values: "None", "Metadata", "Request", "RequestResponse"'],
    ['with a relative path', 'rules: [{level: None, nonResourceURLs: [healthz]}]',
      'rules[0].nonResourceURLs[0]: Invalid value: "healthz": non-resource URL rules must begin with a \'/\' character'],
    ['with a star in the middle', 'rules: [{level: None, nonResourceURLs: ["/a*b"]}]', 'rules[0].nonResourceURLs[0]: '
      + 'Invalid value: "/a*b": non-resource URL wildcards \'*\' must be the final character of the rule'],
    ['with names of nothing', 'rules: [{level: None, resources: [{resourceNames: [a]}]}]',
      'rules[0].resources.resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource'],
    ['with another stage', 'rules: [{level: None, omitStages: [Never]}]', 'rules[0].omitStages[0]: Invalid value: '
      + '"Never": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic'],
    ['of resources and paths', 'rules: [{level: None, namespaces: [a], nonResourceURLs: [/a]}]',
      'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and '
      + 'non-resource URLs'],
  ]
  for (const [name, rules, message] of cases) {
    test(name, () => { assert.throws(() => parse(rules), { message }) })
  }

  test('of another version', () => {
    assert.throws(() => parseAuditPolicy(utf8Encode('apiVersion: audit.k8s.io/v1beta1\nkind: Policy\n'), () => {}),
      { message: 'failed decoding: no kind "Policy" is registered for version "audit.k8s.io/v1beta1"' })
  })

  test('but not for a field that nobody knows', () => {
    const problems: string[] = []
    assert.equal(parse('rules: [{level: None, lever: x}]', (problem) => problems.push(problem)).rules.length, 1)
    assert.deepEqual(problems, ['strict decoding error: unknown field "rules[0].lever"'])
  })
})
