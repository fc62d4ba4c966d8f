/** A cluster that is told by kube-apiserver's flags, with real files and real HTTPS servers that it asks. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ensureCertificates, planCertificates } from '#bootstrap/certificates.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { listen } from '#host/http/listen.ts'
import { systemRandom } from '#host/random.ts'
import type { HttpRequest } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { Cluster, kinds } from '../../src/main/library.ts'

const { files } = ensureCertificates(planCertificates({
  clusterDomain: 'cluster.local', kubernetesServiceIp: '10.96.0.1', addresses: ['127.0.0.1'], dnsNames: [], nodes: [],
}), {}, { crypto: nodeCrypto, random: systemRandom }, Date.now())
const directory = mkdtempSync(join(tmpdir(), 'skiff-flags-'))
after(() => rmSync(directory, { recursive: true }))

function write(name: string, content: string | object): string {
  const path = join(directory, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** An HTTPS server whose answers are JSON. */
async function serve(answer: (body: any, request: HttpRequest) => object): Promise<AsyncDisposable & { url: string }> {
  const server = await listen({
    host: '127.0.0.1', port: 0, log: silentLog, limits: { drainMs: 100 },
    certificates: {
      certificate: files['apiserver.crt']!, key: files['apiserver.key']!, clientCa: files['ca.crt']!,
    },
    async handle(request) {
      const text = new TextDecoder().decode(await request.readBody(1 << 24))
      const bytes = new TextEncoder().encode(JSON.stringify(answer(text === '' ? undefined : JSON.parse(text), request)))
      return { status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [bytes] } }
    },
  })
  return { url: `https://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.close() }
}

/** A kubeconfig that names such a server. */
function kubeconfigFor(name: string, url: string): string {
  return write(name, {
    apiVersion: 'v1', kind: 'Config', 'current-context': 'x',
    clusters: [{ name: 'x', cluster: {
      server: url, 'certificate-authority-data': Buffer.from(files['ca.crt']!).toString('base64'),
    } }],
    users: [{ name: 'x', user: {} }], contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  })
}

describe('auditing', () => {
  test('writes events into a file and sends them to a webhook', async () => {
    const sent = Promise.withResolvers<any>()
    await using webhook = await serve((list) => {
      const found = list.items.find((item: any) => item.verb === 'create' && item.objectRef.name === 'seen')
      if (found) sent.resolve(found)
      return {}
    })
    const log = join(directory, 'audit.log')
    const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules: [
      { level: 'Request', resources: [{ group: '', resources: ['configmaps'] }], namespaces: ['default'] },
    ] }
    await using cluster = await Cluster.start({ nodes: 0, apiServerFlags: {
      'audit-policy-file': write('policy.json', policy), 'audit-log-path': log,
      'audit-webhook-config-file': kubeconfigFor('audit.kubeconfig', webhook.url),
      'audit-webhook-batch-max-wait': '50ms',
    } })
    await cluster.client.of(kinds.configMap, 'default').create({
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen' }, data: { k: 'v' },
    })
    const event = await sent.promise
    assert.deepEqual([event.level, event.stage, event.requestObject.data], ['Request', 'ResponseComplete', { k: 'v' }])
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))
    const logged = lines.find((line) => line.objectRef.name === 'seen')
    assert.deepEqual([logged.auditID, logged.responseStatus.code], [event.auditID, 201])
    assert.ok(lines.every((line) => line.objectRef.resource === 'configmaps'))
  })

  test('by a policy that cannot be read is refused at the start', async () => {
    await assert.rejects(
      Cluster.start({ nodes: 0, apiServerFlags: {
        'audit-policy-file': write('bad.yaml', 'apiVersion: audit.k8s.io/v1\nkind: Policy'), 'audit-log-path': '-',
      } }),
      { id: 'E-CONFIGURATION', message:
        'the API server cannot be configured so: loading audit policy file: loaded illegal policy with 0 rules' },
    )
  })
})
