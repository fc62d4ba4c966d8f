/** Custom resources through an unmodified kubectl: the CronTab of Kubernetes' documentation, from its definition to its end. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Cluster } from '#main/library.ts'
import { kubectlOf, run } from './support.ts'
import type { Outcome } from './support.ts'

let cluster: Cluster
let home: string

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'custom-resources-'))
  cluster = await Cluster.start({ https: true })
  writeFileSync(join(home, 'config'), cluster.kubeconfig!)
})

after(async () => {
  // Undefined when it could not be started.
  await (cluster as Cluster | undefined)?.[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

function tryKubectl(...words: readonly string[]): Promise<Outcome> {
  return run(kubectlOf('1.36'), words, { ...process.env, HOME: home, KUBECONFIG: join(home, 'config') })
}

async function kubectl(...words: readonly string[]): Promise<string> {
  const outcome = await tryKubectl(...words)
  if (outcome.code !== 0) throw new Error(`kubectl ${words.join(' ')} failed (${outcome.code}): ${outcome.stderr}${outcome.stdout}`)
  return outcome.stdout
}

function manifest(text: string): string {
  const file = join(home, 'manifest.yaml')
  writeFileSync(file, text)
  return file
}

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: crontabs.stable.example.com }
spec:
  group: stable.example.com
  scope: Namespaced
  names: { plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all] }
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: A table of jobs and times.
        properties:
          spec:
            type: object
            description: What is to be done.
            properties:
              cronSpec: { type: string, pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$', description: When to do it. }
              image: { type: string }
              replicas: { type: integer, minimum: 1, maximum: 10, default: 1 }
          status:
            type: object
            properties: { replicas: { type: integer }, labelSelector: { type: string } }
    subresources:
      status: {}
      scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.labelSelector }
    additionalPrinterColumns:
    - { name: Spec, type: string, jsonPath: .spec.cronSpec }
    - { name: Replicas, type: integer, jsonPath: .spec.replicas }
    - { name: Age, type: date, jsonPath: .metadata.creationTimestamp }
`

const cronTab = (name: string, spec = 'cronSpec: "* * * * */5", image: my-awesome-cron-image'): string => `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: { name: ${name} }
spec: { ${spec} }
`

test('a definition is established at once, and objects of it can be applied', async () => {
  assert.equal(await kubectl('apply', '-f', manifest(definition)), 'customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com created\n')
  await kubectl('wait', '--for=condition=established', '--timeout=10s', 'crd/crontabs.stable.example.com')
  assert.equal(await kubectl('apply', '-f', manifest(cronTab('one'))), 'crontab.stable.example.com/one created\n')
  assert.equal(await kubectl('apply', '-f', manifest(cronTab('one'))), 'crontab.stable.example.com/one unchanged\n')
})

test('short names, categories and printer columns work', async () => {
  assert.match(await kubectl('get', 'ct'), /^NAME +SPEC +REPLICAS +AGE\none +\* \* \* \* \*\/5 +1 +\d+s\n$/)
  assert.match(await kubectl('get', 'all'), /crontab\.stable\.example\.com\/one/)
  assert.match(await kubectl('api-resources', '--api-group=stable.example.com'), /crontabs +ct +stable\.example\.com\/v1 +true +CronTab/)
})

test('kubectl explains the definition\'s own words', async () => {
  const text = await kubectl('explain', 'ct.spec.cronSpec')
  assert.match(text, /FIELD: cronSpec <string>/)
  assert.match(text, /When to do it\./)
  assert.match(await kubectl('explain', 'ct.metadata.labels'), /FIELD: labels <map\[string\]string>/)
})

test('what does not fit the schema is refused, and what it does not know is named', async () => {
  const refused = await tryKubectl('apply', '-f', manifest(cronTab('two', 'cronSpec: "* * * *", replicas: 15')))
  assert.equal(refused.stderr, 'The CronTab "two" is invalid: \n' +
    '* spec.cronSpec: Invalid value: "* * * *": spec.cronSpec in body should match \'^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$\'\n' +
    '* spec.replicas: Invalid value: 15: spec.replicas in body should be less than or equal to 10\n')
  const strict = await tryKubectl('apply', '-f', manifest(cronTab('two', 'bogus: 1')))
  assert.match(strict.stderr, /strict decoding error: unknown field "spec\.bogus"/)
  assert.equal(await kubectl('apply', '--validate=ignore', '-f', manifest(cronTab('two', 'bogus: 1'))), 'crontab.stable.example.com/two created\n')
  assert.equal(await kubectl('get', 'ct', 'two', '-o', 'jsonpath={.spec}'), '{"replicas":1}')
})

test('patch, scale, status and server-side apply do what they do to built-in kinds', async () => {
  await kubectl('patch', 'ct', 'one', '--type=merge', '-p', '{"spec":{"image":"b"}}')
  await kubectl('scale', '--replicas=3', 'ct/one')
  await kubectl('patch', 'ct', 'one', '--subresource=status', '--type=merge', '-p', '{"status":{"replicas":2},"spec":{"replicas":9}}')
  await kubectl('apply', '--server-side', '--field-manager=other', '-f', manifest(cronTab('one', 'image: b')))
  await kubectl('label', 'ct', 'one', 'a=b')
  assert.equal(await kubectl('get', 'ct', '-l', 'a=b', '-o', 'jsonpath={.items[*].spec.image}{.items[*].spec.replicas}{.items[*].status.replicas}'), 'b32')
})

test('owned objects are collected with their custom owner, and custom ones with theirs', async () => {
  const uid = await kubectl('get', 'ct', 'two', '-o', 'jsonpath={.metadata.uid}')
  const owner = `ownerReferences: [{ apiVersion: stable.example.com/v1, kind: CronTab, name: two, uid: ${uid} }]`
  await kubectl('apply', '-f', manifest(`
apiVersion: v1
kind: ConfigMap
metadata: { name: owned, ${owner} }
---
apiVersion: stable.example.com/v1
kind: CronTab
metadata: { name: owned, ${owner} }
spec: {}
`))
  await kubectl('delete', 'ct', 'two')
  await kubectl('wait', '--for=delete', '--timeout=20s', 'ct/owned', 'configmap/owned')
})

test('a namespace takes its custom resources along', async () => {
  await kubectl('create', 'namespace', 'passing')
  await kubectl('apply', '-n', 'passing', '-f', manifest(cronTab('one')))
  await kubectl('delete', 'namespace', 'passing', '--timeout=20s')
  assert.equal(await kubectl('get', 'ct', '-A', '-o', 'name'), 'crontab.stable.example.com/one\n')
})

test('deleting the definition deletes its objects, and the kind is gone', async () => {
  await kubectl('delete', 'crd', 'crontabs.stable.example.com', '--timeout=20s')
  const gone = await tryKubectl('get', '--raw', '/apis/stable.example.com/v1/crontabs')
  assert.match(gone.stderr, /the server could not find the requested resource/)
  assert.equal(await kubectl('api-resources', '--cached=false', '--api-group=stable.example.com', '-o', 'name'), '')
})
