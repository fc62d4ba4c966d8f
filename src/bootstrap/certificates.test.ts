import { test } from 'node:test'
import assert from 'node:assert/strict'
import { X509Certificate, createPrivateKey, randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { type CertificateFiles, ensureCertificates, planCertificates } from './certificates.ts'

const tools = { crypto: nodeCrypto, random: { bytes: (length: number) => randomBytes(length) } }
const now = Date.parse('2026-11-20T12:00:00Z')
const day = 24 * 3600 * 1000
const plan = planCertificates({
  clusterDomain: 'cluster.local', kubernetesServiceIp: '10.96.0.1', addresses: ['192.168.7.2'], dnsNames: ['host-a'],
  nodes: [{ name: 'host-a', addresses: ['192.168.7.2', 'fd00::1'] }],
})
const fresh = ensureCertificates(plan, {}, tools, now)

test('every certificate is verified by node and has its own key', () => {
  for (const leaf of plan.leaves) {
    const certificate = new X509Certificate(fresh.files[`${leaf.name}.crt`]!)
    const authority = new X509Certificate(fresh.files[`${leaf.authority}.crt`]!)
    assert.ok(certificate.checkIssued(authority), `${leaf.name} is issued by ${leaf.authority}`)
    assert.ok(certificate.verify(authority.publicKey), `${leaf.name} is signed by ${leaf.authority}`)
    assert.ok(certificate.checkPrivateKey(createPrivateKey(fresh.files[`${leaf.name}.key`]!)))
    assert.equal(certificate.ca, false)
  }
})

test('names, groups and addresses come out as Kubernetes reads them', () => {
  const admin = new X509Certificate(fresh.files['admin.crt']!)
  assert.equal(admin.subject, 'O=kubeadm:cluster-admins\nCN=kubernetes-admin')
  assert.deepEqual(admin.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  const node = new X509Certificate(fresh.files['kubelet-client-host-a.crt']!)
  assert.equal(node.subject, 'O=system:nodes\nCN=system:node:host-a')
  const server = new X509Certificate(fresh.files['apiserver.crt']!)
  assert.ok(server.checkHost('kubernetes.default.svc.cluster.local'))
  assert.ok(server.checkIP('10.96.0.1') && server.checkIP('192.168.7.2') && server.checkIP('::1'))
  assert.equal(server.checkHost('evil.example'), undefined)
  const authority = new X509Certificate(fresh.files['ca.crt']!)
  assert.ok(authority.ca)
  assert.equal(authority.subjectAltName, 'DNS:kubernetes')
})

test('openssl accepts the chain for its purpose and for no other', () => {
  const directory = mkdtempSync(join(tmpdir(), 'skiff-certificates-'))
  try {
    for (const [name, content] of Object.entries(fresh.files)) writeFileSync(join(directory, name), content)
    const verify = (purpose: string, leaf: string): string => {
      try {
        return execFileSync(
          'openssl',
          [
            'verify',
            '-x509_strict',
            '-attime',
            String(now / 1000),
            '-CAfile',
            join(directory, 'ca.crt'),
            '-purpose',
            purpose,
            join(directory, leaf),
          ],
          { encoding: 'utf8', stdio: 'pipe' },
        )
      } catch (error) {
        return String((error as { stderr?: string }).stderr)
      }
    }
    assert.match(verify('sslserver', 'apiserver.crt'), /OK/)
    assert.match(verify('sslclient', 'admin.crt'), /OK/)
    assert.match(verify('sslclient', 'apiserver.crt'), /unsuitable|unsupported/)
    assert.match(verify('sslclient', 'front-proxy-client.crt'), /unable to get local issuer/)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

const changes: readonly (readonly [string, (files: Record<string, string>) => void, number, readonly string[]])[] = [
  ['nothing changes on the next start', () => {}, 0, []],
  ['leaves are renewed in the last 30 % of their life', () => {}, 256 * day, plan.leaves.map((leaf) => leaf.name)],
  ['and not before', () => {}, 254 * day, []],
  ['a lost leaf is made again', (files) => { delete files['admin.crt'] }, 0, ['admin']],
  ['a lost key too', (files) => { delete files['scheduler.key'] }, 0, ['scheduler']],
  ['an unreadable leaf too', (files) => { files['admin.crt'] = 'junk' }, 0, ['admin']],
  ['a leaf of another name is replaced', (files) => { files['admin.crt'] = files['scheduler.crt']! }, 0, ['admin']],
  [
    'a new authority re-issues its leaves',
    (files) => {
      delete files['front-proxy-ca.crt']
    },
    0,
    ['front-proxy-ca', 'front-proxy-client'],
  ],
  ['a clock that went back far re-issues what is not valid yet', () => {}, -day, plan.leaves.map((leaf) => leaf.name)],
  ['a lost token key is made again', (files) => { delete files['sa.key'] }, 0, ['sa']],
]
for (const [name, damage, later, expected] of changes) {
  test(name, () => {
    const files = { ...fresh.files }
    damage(files)
    const outcome = ensureCertificates(plan, files, tools, now + later)
    assert.deepEqual(outcome.changed.map((change) => change.file), expected)
    assert.deepEqual(ensureCertificates(plan, outcome.files, tools, now + later).changed, [])
  })
}

test('an authority without its key serves as long as nothing must be issued', () => {
  const { 'ca.key': _, ...files } = fresh.files as Record<string, string>
  assert.deepEqual(ensureCertificates(plan, files, tools, now).changed, [])
  const { 'admin.crt': __, ...incomplete } = files
  assert.throws(() => ensureCertificates(plan, incomplete as CertificateFiles, tools, now), /ca\.key is not here/)
})

test('an expired authority is never replaced unasked', () => {
  assert.throws(() => ensureCertificates(plan, fresh.files, tools, now + 3651 * day), /ca\.crt has expired/)
})
