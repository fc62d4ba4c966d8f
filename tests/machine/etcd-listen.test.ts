/** A cluster's own store, read and written by etcdctl, by those who may. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { debianProgram } from '../../tools/debian-tool.ts'
import { etcdctl, freePort } from './etcd/pair.ts'
import { startMachineCluster } from './support.ts'

test('etcd\'s clients see a cluster\'s objects, with certificates of its etcd CA or on a socket', async () => {
  const program = debianProgram('etcd-client', 'bookworm', 'usr/bin/etcdctl')
  const endpoint = `https://127.0.0.1:${await freePort()}`
  const flags = ['--nodes', 'sim:1', '--port', String(await freePort())]
  await using cluster = await startMachineCluster('etcd-listen', { up: [...flags, '--etcd-listen', endpoint] })
  await cluster.kubectl('create', 'namespace', 'seen')
  const pki = '/var/lib/skiff/etcd-listen/pki'
  const asWhom = (name: string): readonly string[] => [
    '--command-timeout=2s', '--dial-timeout=1s', '--cacert', join(pki, 'etcd-ca.crt'),
    '--cert', join(pki, `${name}.crt`), '--key', join(pki, `${name}.key`),
  ]
  const get = ['get', '/registry/namespaces/seen', '--keys-only']
  const friend = await etcdctl({ program, endpoint, flags: asWhom('etcd-client') }, get)
  assert.equal(friend.text.trim(), '/registry/namespaces/seen')
  // The administrator of the cluster is nobody here.
  assert.notEqual((await etcdctl({ program, endpoint, flags: asWhom('super-admin') }, get)).code, 0)

  const socket = join(cluster.home, 'etcd.sock')
  await cluster.skiff('down')
  const again = await cluster.skiff('up', '--etcd-listen', `unix://${socket}`)
  assert.equal(again.code, 0, again.stderr)
  assert.equal(statSync(socket).mode & 0o777, 0o600)
  const local = { program, endpoint: `unix://${socket}` }
  assert.equal((await etcdctl(local, get)).text.trim(), '/registry/namespaces/seen')
  // What is written behind the API server's back is seen by all who watch.
  assert.equal((await etcdctl(local, ['del', '/registry/namespaces/seen'])).code, 0)
  const gone = await cluster.tryKubectl('get', 'namespace', 'seen')
  assert.match(gone.stderr, /not found/)
})
