/** Certificate requests: who gets what signed, and how long requests are kept. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { certificateSigningRequest } from '#api/certificates/certificatesigningrequest/certificatesigningrequest.ts'
import type { CertificateSigningRequest } from '#api/gen/certificates-v1.ts'
import { base64Decode, base64Encode, utf8Decode, utf8Encode } from '#base/bytes.ts'
import { createAuthority, loadAuthority } from '#base/x509/authority.ts'
import { formatCertificatePem, parseCertificatePem } from '#base/x509/certificate.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { formatTime } from '#machinery/time.ts'
import { seededRandom } from '#sim/random.ts'
import { Model } from '../testing/model.ts'
import { reconcile as approve } from './approve.ts'
import { certificateCleaner } from './clean.ts'
import { certificateSigner } from './sign.ts'

const directory = mkdtempSync(join(tmpdir(), 'skiff-certificates-'))
after(() => rmSync(directory, { recursive: true }))

const hour = 3_600_000
const now = Date.UTC(2026, 0, 1)
const tools = { crypto: nodeCrypto, random: seededRandom(1) }
const authority = loadAuthority(
  tools, createAuthority(tools, 'kubernetes', { notBefore: now - hour, notAfter: now + 10 * 365 * 24 * hour }),
)
const signer = certificateSigner((request) => formatCertificatePem(authority.issue(request)))

/** A request as openssl makes it, base64. */
function openssl(subject: string, names = ''): string {
  const file = join(directory, 'request.conf')
  const lines = [
    '[req]', 'distinguished_name = dn', 'prompt = no', ...(names === '' ? [] : ['req_extensions = ext']), '[dn]',
    ...subject.split(',').map((part) => part.trim()), '[ext]', ...(names === '' ? [] : [`subjectAltName = ${names}`]),
  ]
  writeFileSync(file, lines.join('\n'))
  const pem = execFileSync('openssl', [
    'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null',
    '-config', file,
  ], { stdio: ['ignore', 'pipe', 'ignore'] })
  return base64Encode(pem)
}

const client = ['digital signature', 'key encipherment', 'client auth'] as const
const serving = ['digital signature', 'key encipherment', 'server auth'] as const
type Usages = NonNullable<CertificateSigningRequest['spec']['usages']>
type Condition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number]
const approved: Condition = { type: 'Approved', status: 'True', lastUpdateTime: formatTime(now) }

function request(
  signerName: string, usages: readonly string[], text: string, extra: Partial<CertificateSigningRequest['spec']> = {},
): CertificateSigningRequest {
  return {
    metadata: { name: 'r' },
    spec: { signerName: `kubernetes.io/${signerName}`, usages: [...usages] as Usages, request: text, ...extra },
    status: { conditions: [approved] },
  }
}

async function signed(object: CertificateSigningRequest): Promise<CertificateSigningRequest['status']> {
  const model = new Model(now)
  model.put(certificateSigningRequest, object)
  await model.settle([signer])
  return structuredClone(model.get(certificateSigningRequest, 'r')!.status) as CertificateSigningRequest['status']
}

const node = 'O = system:nodes, CN = system:node:a'

test('an approved request is signed with the names and usages that it asks for', async () => {
  const status = await signed(request('kubelet-serving', serving, openssl(node, 'DNS:a,IP:10.0.0.1')))
  const certificate = parseCertificatePem(utf8Decode(base64Decode(status!.certificate!)!))
  assert.deepEqual(certificate.subject, { commonName: 'system:node:a', organizations: ['system:nodes'] })
  assert.deepEqual([certificate.dnsNames, certificate.ipAddresses], [['a'], ['10.0.0.1']])
  assert.deepEqual(certificate.keyUsages, ['digital signature', 'key encipherment'])
  assert.equal(certificate.notAfter, now + 365 * 24 * hour - 5 * 60_000)
  assert.equal(certificate.isAuthority, false)
})

const lives = [
  ['an hour', 3600, hour],
  ['less than ten minutes', 60, 600_000],
  ['ten days', 864_000, 240 * hour - 300_000],
  ['ten years', 315_360_000, 365 * 24 * hour - 300_000],
] as const
for (const [name, expirationSeconds, life] of lives) {
  test(`a certificate that is asked for ${name}`, async () => {
    const asked = request('kube-apiserver-client', client, openssl('CN = jane'), { expirationSeconds })
    const { certificate } = (await signed(asked))!
    assert.equal(parseCertificatePem(utf8Decode(base64Decode(certificate!)!)).notAfter - now, life)
  })
}

const refused: readonly (readonly [string, CertificateSigningRequest, string])[] = [
  ['a client with a server’s usage', request('kube-apiserver-client', serving, openssl('CN = jane')),
    'invalid usage for client certificate: server auth'],
  ['a client without a client’s usage', request('kube-apiserver-client', ['digital signature'], openssl('CN = jane')),
    'missing required usage for client certificate: client auth'],
  ['a kubelet of another organization', request('kube-apiserver-client-kubelet', client, openssl('CN = system:node:a')),
    'subject organization is not system:nodes'],
  ['a kubelet of another name',
    request('kube-apiserver-client-kubelet', client, openssl('O = system:nodes, CN = a')),
    'subject common name does not begin with system:node:'],
  ['a kubelet with addresses', request('kube-apiserver-client-kubelet', client, openssl(node, 'IP:10.0.0.1')),
    'IP subjectAltNames are not allowed'],
  ['a kubelet with other usages', request('kube-apiserver-client-kubelet', serving, openssl(node)),
    'usages did not match [client auth digital signature key encipherment]'],
  ['a serving kubelet without addresses', request('kubelet-serving', serving, openssl(node)),
    'DNS or IP subjectAltName is required'],
  ['a serving kubelet with a mailbox', request('kubelet-serving', serving, openssl(node, 'DNS:a,email:a@b')),
    'Email subjectAltNames are not allowed'],
]
for (const [name, object, message] of refused) {
  test(`not signed: ${name}`, async () => {
    const status = await signed(object)
    assert.equal(status!.certificate, undefined)
    const { type, reason, message: told } = status!.conditions!.at(-1)!
    assert.deepEqual([type, reason, told], ['Failed', 'SignerValidationFailure', message])
  })
}

test('what is not approved, not ours or done already is left alone', async () => {
  const text = openssl('CN = jane')
  assert.equal((await signed({ ...request('kube-apiserver-client', client, text), status: {} }))!.certificate, undefined)
  const foreign = request('x', client, text, { signerName: 'example.com/signer' })
  assert.deepEqual(await signed(foreign), { conditions: [approved] })
  const done = { ...request('kube-apiserver-client', client, text), status: { certificate: 'x', conditions: [approved] } }
  assert.equal((await signed(done))!.certificate, 'x')
})

test('an approval says why; without permission the request waits', () => {
  const model = new Model(now)
  const object = model.put(certificateSigningRequest, request('kube-apiserver-client-kubelet', client, openssl(node)))
  const permission = {
    subresource: 'nodeclient', message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  } as const
  const [action] = approve({ request: object, permission, now }).actions
  assert.equal(action?.type === 'update' && action.subresource, 'approval')
  const refusal = approve({ request: object, permission: undefined, now })
  assert.deepEqual(refusal.actions, [])
  assert.match(refusal.because ?? '', /recognized csr "r" but subject access review was not approved/)
})

const certificateFor = (life: number): string => base64Encode(utf8Encode(formatCertificatePem(authority.issue({
  subject: { commonName: 'x', organizations: [] }, publicKey: nodeCrypto.generateKey().publicKey.spki,
  dnsNames: [], ipAddresses: [], notBefore: now, notAfter: now + life, extendedKeyUsages: [],
}))))
const kept: readonly (readonly [string, NonNullable<CertificateSigningRequest['status']>, number | undefined])[] = [
  ['pending', {}, 24 * hour],
  ['approved, not signed', { conditions: [approved] }, undefined],
  ['approved and signed', { conditions: [approved], certificate: certificateFor(24 * hour) }, hour],
  ['denied', { conditions: [{ ...approved, type: 'Denied' }] }, hour],
  ['failed', { conditions: [approved, { ...approved, type: 'Failed' }] }, hour],
  ['signed for a short time', { conditions: [approved], certificate: certificateFor(600_000) }, 600_000],
]
for (const [name, status, life] of kept) {
  test(`a request that is ${name} is kept ${life === undefined ? 'on' : `${life / 60_000} minutes`}`, async () => {
    const model = new Model(now)
    model.put(certificateSigningRequest, { ...request('x', client, ''), status })
    const { actions, wakeAt } = await model.plan(certificateCleaner, 'r')
    assert.deepEqual([actions, wakeAt], [[], life === undefined ? undefined : now + life])
    model.now = now + (life ?? 365 * 24 * hour)
    await model.settle([certificateCleaner])
    assert.equal(model.list(certificateSigningRequest).length, life === undefined ? 1 : 0)
  })
}
