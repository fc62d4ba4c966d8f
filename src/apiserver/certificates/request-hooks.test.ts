/** Who asks for a certificate has the key: real keys and signatures against the hooks of the API server. */
import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { base64Encode, utf8Encode } from '#base/bytes.ts'
import { bitString, context, integer, oid, sequence } from '#base/der.ts'
import { formatPem } from '#base/pem.ts'
import { formatCertificatePem, renderCertificate } from '#base/x509/certificate.ts'
import { encodeName } from '#base/x509/names.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AuthorizationAttributes } from '../authz/authorizer.ts'
import type { RequestScope } from '../rest/context.ts'
import { certificateHooks } from './request-hooks.ts'

const now = Date.UTC(2026, 0, 1)
let maySign = true
const asked: string[] = []
const authorizer = {
  authorize(attributes: AuthorizationAttributes) {
    if (attributes.type === 'resource') asked.push(`${attributes.verb} ${attributes.name}`)
    return { allowed: maySign, reason: '' }
  },
}
const hooks = certificateHooks({ crypto: nodeCrypto, clock: { now: () => now }, authorizer })
const podHooks = hooks.get('certificates.k8s.io/podcertificaterequests')!
const scope = { kind: {}, subresource: 'status', name: 'r', user: { name: 'sig', groups: [] } } as unknown as RequestScope

const keys = {
  ed25519: generateKeyPairSync('ed25519'),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  p224: generateKeyPairSync('ec', { namedCurve: 'secp224r1' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 3072 }),
  short: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  x25519: generateKeyPairSync('x25519'),
}
type KeyName = keyof typeof keys

const spki = (key: KeyObject): Uint8Array => key.export({ format: 'der', type: 'spki' })

function signed(name: KeyName, data: Uint8Array): Uint8Array {
  const { privateKey: key } = keys[name]
  if (name === 'ed25519') return sign(null, data, key)
  if (name === 'rsa' || name === 'short') {
    return sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 })
  }
  return name === 'x25519' ? new Uint8Array() : sign('sha256', data, key)
}

const algorithms: Partial<Record<KeyName, string>> = {
  ed25519: '1.3.101.112', p256: '1.2.840.10045.4.3.2', p384: '1.2.840.10045.4.3.2', rsa: '1.2.840.113549.1.1.11',
}

/** DER. `by`: whose private key signs. */
function certificateRequest(name: KeyName, by: KeyName = name): Uint8Array {
  const body = sequence(
    integer(Uint8Array.of(0)), encodeName({ commonName: 'jane', organizations: [] }), spki(keys[name].publicKey),
    context(0))
  const signature = by === 'rsa' ? sign('sha256', body, keys.rsa.privateKey) : signed(by, body)
  return sequence(body, sequence(oid(algorithms[name]!)), bitString(signature))
}

const identity = {
  signerName: 'example.com/signer', podName: 'p', podUID: 'pod-uid', serviceAccountName: 's', serviceAccountUID: 'su',
  nodeName: 'n', nodeUID: 'nu', maxExpirationSeconds: 86400,
}
function podRequest(spec: object): KubeObject {
  return { metadata: { name: 'r', namespace: 'shop' }, spec: { ...identity, ...spec } } as KubeObject
}
function withProof(name: KeyName, uid = 'pod-uid'): object {
  return {
    pkixPublicKey: base64Encode(spki(keys[name].publicKey)),
    proofOfPossession: base64Encode(signed(name, utf8Encode(uid))),
  }
}

async function refusal(act: () => unknown): Promise<readonly string[]> {
  try {
    await act()
    return []
  } catch (error) {
    assert.ok(error instanceof ApiError)
    return (error.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`)
  }
}
const create = (object: KubeObject): Promise<readonly string[]> =>
  refusal(() => podHooks.beforeCreate!(object, scope, false))

const unproven = 'Invalid value: could not verify proof-of-possession signature'

for (const name of ['ed25519', 'p256', 'p384', 'p521', 'rsa'] as const) {
  test(`a signature of the pod's UID proves a key of ${name}`, async () => {
    assert.deepEqual(await create(podRequest(withProof(name))), [])
    assert.deepEqual(await create(podRequest(withProof(name, 'another'))), [`spec.proofOfPossession: ${unproven}`])
    const other = name === 'p256' ? 'ed25519' : 'p256'
    const wrong = { ...withProof(name), proofOfPossession: base64Encode(signed(other, utf8Encode('pod-uid'))) }
    assert.deepEqual(await create(podRequest(wrong)), [`spec.proofOfPossession: ${unproven}`])
  })
}

test('a proof is judged beside everything else', async () => {
  assert.deepEqual(await create(podRequest({ ...withProof('p256', 'another'), nodeUID: '' })), [
    'spec.nodeUID: Invalid value: "": must not be empty', `spec.proofOfPossession: ${unproven}`,
  ])
})

for (const name of ['ed25519', 'p256', 'p384', 'rsa'] as const) {
  test(`a request of its own proves a key of ${name}`, async () => {
    const stub = (by: KeyName): KubeObject =>
      podRequest({ stubPKCS10Request: base64Encode(certificateRequest(name, by)) })
    assert.deepEqual(await create(stub(name)), [])
    assert.deepEqual(await create(stub(name === 'p256' ? 'p384' : 'p256')), [`spec.stubPKCS10Request: ${unproven}`])
  })
}

const signingRequest = (der: Uint8Array, signerName = 'example.com/signer'): KubeObject => ({
  metadata: { name: 'r' },
  spec: { request: btoa(formatPem('CERTIFICATE REQUEST', der)), signerName, usages: ['client auth'] },
}) as KubeObject
const ask = (object: KubeObject): Promise<readonly string[]> =>
  refusal(() => hooks.get('certificates.k8s.io/certificatesigningrequests')!.beforeCreate!(object, scope, false))

test('a signing request is signed by who asks', async () => {
  for (const name of ['ed25519', 'p256', 'rsa'] as const) assert.deepEqual(await ask(signingRequest(certificateRequest(name))), [])
  const forged = signingRequest(certificateRequest('p256', 'p384'), 'x')
  const { request } = forged['spec' as never] as { readonly request: string }
  assert.deepEqual(await ask(forged), [
    `spec.request: Invalid value: "${request}": x509: ECDSA verification failure`,
    "spec.signerName: Invalid value: \"x\": must be a fully qualified domain and path of the form 'example.com/signer-name'",
  ])
  const messages = await Promise.all((['ed25519', 'rsa'] as const).map((name) =>
    ask(signingRequest(certificateRequest(name, 'p256')))))
  assert.match(messages[0]![0]!, /: x509: Ed25519 verification failure$/)
  assert.match(messages[1]![0]!, /: crypto\/rsa: verification error$/)
})

const hour = 3_600_000
const issuerKey = nodeCrypto.generateKey()
const time = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')

/** As a signer would issue it. */
function issued(from: number, to: number, name: KeyName = 'p256', dnsNames: readonly string[] = []): KubeObject {
  const chain = formatCertificatePem(renderCertificate({
    serial: Uint8Array.of(1), subject: { commonName: 'pod', organizations: [] }, publicKey: spki(keys[name].publicKey),
    notBefore: from, notAfter: to, isAuthority: false, keyUsages: [], extendedKeyUsages: [],
    subjectKeyIdentifier: undefined, dnsNames, ipAddresses: [],
  }, {
    name: encodeName({ commonName: 'ca', organizations: [] }), keyIdentifier: undefined,
    sign: (data) => issuerKey.sign(data),
  }))
  const condition = {
    type: 'Issued', status: 'True', reason: 'Issued', message: '', lastTransitionTime: time(now),
  }
  return { ...old, status: {
    conditions: [condition], certificateChain: chain,
    notBefore: time(from), notAfter: time(to), beginRefreshAt: time(from + hour),
  } } as KubeObject
}
const old = podRequest(withProof('p256'))
const issue = (object: KubeObject): Promise<readonly string[]> =>
  refusal(() => podHooks.beforeUpdate!(object, old as Stored<KubeObject>, scope, false))

test('a certificate is issued to the key that asked, begins now, and lives as long as was asked', async () => {
  assert.deepEqual(await issue(issued(now, now + 24 * hour)), [])
  const rows: readonly (readonly [KubeObject, readonly RegExp[]])[] = [
    [issued(now, now + 24 * hour, 'p384', ['.a..b']), [
      /certificateChain: Invalid value: "\.a\.\.b": leaf certificate's DNSName should not contain '\.\.'$/,
      /should not start or end with '\.'$/, /leaf certificate was not issued to the requested public key$/,
    ]],
    [issued(now - 6 * 60_000, now + hour), [
      /^status\.notBefore: Invalid value: "2025-12-31T23:54:00Z": must be set to within 5 minutes of kube-apiserver's current time$/,
    ]],
    [issued(now, now + hour / 2), [/certificateChain: Invalid value: 1800000000000: leaf certificate lifetime must be >= 1 hour$/]],
    [issued(now, now + 25 * hour), [/leaf certificate lifetime must be <= spec\.maxExpirationSeconds \(86400\)$/]],
  ]
  for (const [object, expected] of rows) {
    const found = await issue(object)
    assert.equal(found.length, expected.length, found.join('\n'))
    for (const [index, pattern] of expected.entries()) assert.match(found[index]!, pattern)
  }
})

test('who issues may sign for the signer, or for its domain', async () => {
  maySign = false
  asked.length = 0
  assert.deepEqual(await issue(issued(now, now + 24 * hour)),
    ['spec.signerName: Forbidden: User "sig" is not permitted to "sign" for signer "example.com/signer"'])
  assert.deepEqual(asked, ['sign example.com/signer', 'sign example.com/*'])
  maySign = true
})

test('other keys are refused by what they are', async () => {
  const faults = await import('#api/certificates/podcertificaterequest/pod-key.validation.ts').then(({ validateKey }) =>
    (['short', 'p224', 'x25519'] as const).map((name) =>
      validateKey({ ...identity, ...withProof(name), ...(name === 'x25519' && { proofOfPossession: 'AA==' }) } as never)
        .map(({ field, message }) => `${field}: ${message}`)))
  assert.deepEqual(faults.map(([fault]) => fault?.replace(/"M[^"]*"/, '"…"')), [
    'spec.pkixPublicKey: Invalid value: "2048-bit modulus": RSA keys must have modulus size 3072 or 4096',
    'spec.pkixPublicKey: Invalid value: "curve P-224": elliptic public keys must use curve P256 or P384',
    'spec.pkixPublicKey: Invalid value: "…": unknown public key type; supported types are Ed25519, ECDSA, and RSA',
  ])
})
