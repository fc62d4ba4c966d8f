import { test } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeconfigProblem, mergeKubeconfig, removeFromKubeconfig, renderKubeconfig } from './kubeconfig.ts'

const ours = renderKubeconfig({
  name: 'skiff',
  server: 'https://10.0.0.1:6443',
  certificateAuthority: 'CA',
  certificate: 'CERT',
  key: 'KEY',
})
const others = `# my clusters
apiVersion: v1
kind: Config
current-context: work
preferences: {colors: true}
clusters:
- name: work
  cluster: {server: https://work:443, extensions: [{name: x, extension: {a: 1}}]}
contexts:
- name: work
  context: {cluster: work, user: me, namespace: team}
users:
- name: me
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never}}
`

test('a new file is ours alone', () => {
  const { text, needsBackup } = mergeKubeconfig(undefined, ours, 'skiff')
  assert.match(text, /current-context: skiff/)
  assert.equal(needsBackup, false)
})

test('what stood there stays, and the file is kept once', () => {
  const merged = mergeKubeconfig(others, ours, 'skiff')
  assert.equal(merged.needsBackup, true)
  for (const kept of ['https://work:443', 'command: login', 'namespace: team', 'colors: true', 'name: work']) {
    assert.ok(merged.text.includes(kept), kept)
  }
  const again = mergeKubeconfig(merged.text, ours, 'skiff')
  assert.deepEqual(again, { text: merged.text, needsBackup: false })
})

test('a renewed certificate takes the old one’s place', () => {
  const merged = mergeKubeconfig(others, ours, 'skiff').text
  const renewed = renderKubeconfig({
    name: 'skiff',
    server: 'https://10.0.0.1:6443',
    certificateAuthority: 'CA',
    certificate: 'NEW',
    key: 'KEY',
  })
  const text = mergeKubeconfig(merged, renewed, 'skiff').text
  assert.equal(text.match(/name: skiff/g)?.length, 3)
  assert.ok(text.includes(Buffer.from('NEW').toString('base64')))
  assert.ok(!text.includes(Buffer.from('CERT').toString('base64')))
})

test('a second cluster has entries of its own', () => {
  const text = mergeKubeconfig(mergeKubeconfig(undefined, ours, 'skiff').text, ours, 'second').text
  assert.match(text, /cluster: second\n {4}user: second/)
  assert.match(text, /current-context: second/)
})

test('removing leaves the others as they are', () => {
  const merged = mergeKubeconfig(others, ours, 'skiff').text
  const removed = removeFromKubeconfig(merged, 'skiff')!
  assert.ok(!removed.includes('skiff'))
  assert.ok(removed.includes('command: login') && removed.includes('name: work'))
  assert.equal(removeFromKubeconfig(removed, 'skiff'), undefined)
})

test('a file that is something else is not touched', () => {
  for (const text of ['- a\n', 'kind: Pod\n', 'clusters: 7\n', 'just text']) {
    assert.throws(() => mergeKubeconfig(text, ours, 'skiff'), KubeconfigProblem)
  }
})

test('kubectl reads the result', () => {
  const directory = mkdtempSync(join(tmpdir(), 'skiff-kubeconfig-'))
  try {
    const file = join(directory, 'config')
    writeFileSync(file, mergeKubeconfig(others, ours, 'skiff').text)
    const run = (...args: string[]): string =>
      execFileSync('kubectl', ['--kubeconfig', file, 'config', ...args], { encoding: 'utf8' })
    assert.equal(run('current-context'), 'skiff\n')
    assert.deepEqual(run('get-contexts', '-o', 'name').trim().split('\n'), ['skiff', 'work'])
    assert.equal(run('view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'), 'https://10.0.0.1:6443')
  } finally {
    rmSync(directory, { recursive: true })
  }
})
