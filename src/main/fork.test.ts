/** Forks of whole clusters, and their past. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { encryptionKeyLength, renderEncryptionConfig } from '#bootstrap/encryption-config.ts'
import { ApiError, Cluster, kinds } from './library.ts'

const configMap = (name: string, text: string): {
  readonly metadata: { readonly name: string }
  readonly data: Readonly<Record<string, string>>
} => ({ metadata: { name }, data: { text } })
const web = {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
  spec: {
    replicas: 3, selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
  },
} as const

async function readyPods(cluster: Cluster, count: number): Promise<readonly string[]> {
  const stop = AbortSignal.timeout(20_000)
  const pods = cluster.client.of(kinds.pod, 'default')
  for (;;) {
    const { items } = await pods.list()
    const ready = items.filter(({ metadata, status }) => metadata.deletionTimestamp === undefined
      && status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'))
    if (ready.length === count) return ready.map(({ metadata }) => metadata.uid).toSorted()
    stop.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('a fork of a cluster', () => {
  test('has the same objects, and goes its own way', async () => {
    await using cluster = await Cluster.start({ nodes: 2 })
    await cluster.client.of(kinds.deployment, 'default').create(web)
    const uids = await readyPods(cluster, 3)

    await using fork = await cluster.fork()
    assert.deepEqual(await readyPods(fork, 3), uids, 'the same pods, to the uid')
    await fork.client.of(kinds.deployment, 'default')
      .patch('web', 'merge', { spec: { replicas: 5 } })
    const five = await readyPods(fork, 5)
    assert.ok(uids.every((uid) => five.includes(uid)), 'its controllers work')
    await fork.client.of(kinds.namespace).get('default')
    assert.deepEqual(await readyPods(cluster, 3), uids, 'the original knows nothing of it')

    await cluster.client.of(kinds.deployment, 'default').delete('web')
    assert.equal((await fork.client.of(kinds.deployment, 'default').get('web')).spec?.replicas, 5)
  })

  test('accepts the tokens of its original, and has no more of its past than it was given', async () => {
    await using cluster = await Cluster.start({ nodes: 0, https: true })
    const accounts = cluster.client.of(kinds.serviceAccount, 'default')
    await accounts.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } })
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } }
    const { status } = await accounts.subresource('robot', 'token').create(request as never) as unknown as
      { readonly status: { readonly token: string } }
    await using fork = await cluster.fork({ nodes: 0 })
    const review = await fork.client.of(kinds.tokenReview).create({
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: status.token },
    })
    assert.equal(review.status?.user?.username, 'system:serviceaccount:default:robot')
    assert.equal(fork.url, undefined)
  })

  test('reads what its original keeps encrypted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fork-'))
    const file = join(directory, 'encryption.yaml')
    await writeFile(file, renderEncryptionConfig(new Uint8Array(encryptionKeyLength).fill(7)))
    await using cluster = await Cluster.start({ nodes: 0, encryptionProviderConfig: file })
    const secrets = cluster.client.of(kinds.secret, 'default')
    await secrets.create({ metadata: { name: 'a' }, data: { password: 'c2VjcmV0' } })
    await using fork = await cluster.fork({ nodes: 0 })
    await secrets.delete('a')
    assert.equal((await fork.client.of(kinds.secret, 'default').get('a')).data?.['password'], 'c2VjcmV0')
    await rm(directory, { recursive: true })
  })

  test('may begin at an earlier resource version', async () => {
    await using cluster = await Cluster.start({ nodes: 0 })
    const maps = cluster.client.of(kinds.configMap, 'default')
    await maps.create(configMap('a', 'before'))
    const moment = cluster.resourceVersion
    await maps.patch('a', 'merge', { data: { text: 'after' } })
    await using fork = await cluster.fork({ at: moment, nodes: 0 })
    assert.equal((await fork.client.of(kinds.configMap, 'default').get('a')).data?.['text'], 'before')
    assert.equal((await maps.get('a')).data?.['text'], 'after')
  })
})

describe('the past of a cluster', () => {
  test('is read at any resource version that is kept', async () => {
    await using cluster = await Cluster.start({ nodes: 0 })
    const maps = cluster.client.of(kinds.configMap, 'default')
    await maps.create(configMap('a', 'one'))
    const one = cluster.at(cluster.resourceVersion)
    await maps.patch('a', 'merge', { data: { text: 'two' } })
    const two = cluster.at(cluster.resourceVersion)
    await maps.delete('a')
    const past = async (moment: typeof one): Promise<string | undefined> =>
      (await moment.of(kinds.configMap, 'default').get('a'))?.data?.['text']
    assert.deepEqual([await past(one), await past(two), await past(cluster.at(cluster.resourceVersion))],
      ['one', 'two', undefined])
    await assert.rejects(cluster.at('1000000').of(kinds.configMap).list(), (error) =>
      error instanceof ApiError && error.code === 504)
  })
})
