/** Rules in CEL in a whole cluster, as people who write them see them with kubectl. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Cluster } from '#main/library.ts'
import { createKubectl, type Kubectl } from './kubectl.ts'

let cluster: Cluster
let kubectl: Kubectl
let directory: string

before(async () => {
  cluster = await Cluster.start({ nodes: 0, https: true })
  directory = mkdtempSync(join(tmpdir(), 'policies-'))
  writeFileSync(join(directory, 'config'), cluster.kubeconfig!)
  kubectl = createKubectl(join(directory, 'config'))
})

after(async () => {
  kubectl[Symbol.dispose]()
  await cluster[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const policies = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
  validations:
  - expression: object.spec.replicas <= 3
    messageExpression: "'at most 3, not ' + string(object.spec.replicas)"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas}
spec: {policyName: replicas, validationActions: [Deny]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: team}
spec:
  reinvocationPolicy: Never
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'team': 'blue'}}}"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: team}
spec: {policyName: team}
`

test('policies change and refuse deployments', async () => {
  const applied = await kubectl.feed(policies, 'apply', '-f', '-')
  assert.equal(applied.code, 0, applied.stderr)
  const big = await kubectl.run('create', 'deployment', 'big', '--image=nginx', '--replicas=5')
  assert.deepEqual([big.code, big.stderr], [1, 'error: failed to create deployment: deployments.apps "big" is forbidden: '
    + "ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: at most 3, not 5\n"])
  assert.equal((await kubectl.run('create', 'deployment', 'web', '--image=nginx', '--replicas=2')).code, 0)
  const labels = await kubectl.run('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.labels}')
  assert.deepEqual(JSON.parse(labels.stdout), { app: 'web', team: 'blue' })
})

test('the author of a policy is told what does not fit', async () => {
  const odd = policies.split('---')[0]!.replace('name: replicas', 'name: odd')
    .replace('object.spec.replicas <= 3', 'object.spec.replica <= 3')
  assert.equal((await kubectl.feed(odd, 'apply', '-f', '-')).code, 0)
  const waited = await kubectl.run(
    'wait', 'validatingadmissionpolicy/odd', '--for=jsonpath={.status.observedGeneration}=1', '--timeout=10s')
  assert.equal(waited.code, 0, waited.stderr)
  const { stdout } = await kubectl.run(
    'get', 'validatingadmissionpolicy', 'odd', '-o', 'jsonpath={.status.typeChecking.expressionWarnings[0].warning}')
  assert.match(stdout, /^apps\/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replica'/)
})
