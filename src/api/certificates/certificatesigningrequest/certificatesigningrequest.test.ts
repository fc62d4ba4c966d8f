/** Table: CertificateSigningRequests in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { certificateSigningRequest } from './certificatesigningrequest.ts'

/** Of `jane`, of the group `team`. */
const body = ''
  + 'MIHZMIGAAgEAMB4xDTALBgNVBAoMBHRlYW0xDTALBgNVBAMMBGphbmUwWTATBgcq'
  + 'hkjOPQIBBggqhkjOPQMBBwNCAAQ1UlKQHOiFoVXkOJET3k7EBsl9d7guEyPi+Mrz'
  + 'Ur05x6gVD2sPx2X303FFqA8qkSM0+dwm0Mogr9urgMLAtfcUoAAwCgYIKoZIzj0E'
  + 'AwIDSAAwRQIhAOeZVixt0m4qPZrTu5E0lfEuA6oK5DMyOFZEufqJv0ZJAiB0kBX4'
  + '0WogbYNURAOqkR7MvhggG2QQ4zebKxH71wTRdw=='
const request = btoa(`-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`)
const notDer = btoa('-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n')
const certificate = (contents: string): string => btoa(`-----BEGIN CERTIFICATE-----\n${contents}\n-----END CERTIFICATE-----\n`)

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: { request, signerName: 'a.b/c', usages: ['client auth'], ...spec } }
}

const rows: readonly Row[] = [
  { it: 'is undecided at first', object: own(), holds: { status: {} } },
  {
    it: 'is a request',
    object: own({ request: 'AA==' }),
    errors: ['spec.request: Invalid value: "AA==": PEM block type must be CERTIFICATE REQUEST'],
  },
  {
    it: 'is one inside, too',
    object: own({ request: notDer }),
    errors: [`spec.request: Invalid value: "${notDer}": asn1: structure error: truncated length`],
  },
  {
    it: 'is for known uses',
    object: own({ usages: ['x'] }),
    errors: [
      'spec.usages[0]: Unsupported value: "x": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", '
        + '"crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", '
        + '"ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", '
        + '"server auth", "signing", "timestamping"',
    ],
  },
  {
    it: 'names its signer',
    object: own({ signerName: 'x' }),
    errors: [
      'spec.signerName: Invalid value: "x": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
    ],
  },
  {
    it: 'is approved through its own endpoint',
    old: { ...own(), status: {} },
    object: { ...own(), status: { conditions: [{ type: 'Approved', status: 'True' }] } },
    subresource: 'approval',
    holds: {
      'status.conditions.0.lastUpdateTime': '2026-01-01T00:00:00Z',
      'status.conditions.0.lastTransitionTime': '2026-01-01T00:00:00Z',
    },
  },
  {
    it: 'is not approved through its status',
    old: { ...own(), status: {} },
    object: { ...own(), status: { conditions: [{ type: 'Approved', status: 'True' }] } },
    subresource: 'status',
    errors: ['status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
  },
  {
    it: 'stays as it was asked',
    old: own(),
    object: own({ signerName: 'c.d/e' }),
    holds: { 'spec.signerName': 'a.b/c' },
  },
  {
    it: 'tells unknown usages before repeated ones, and keeps those of old',
    old: own({ usages: ['signing', 'signing'], signerName: 'kubernetes.io/legacy-unknown' }),
    object: own({ usages: ['x'] }),
    subresource: '',
  },
  {
    it: 'gets certificates and nothing else',
    old: { ...own(), status: {} },
    object: { ...own(), status: { certificate: request } },
    subresource: 'status',
    errors: [
      'status.certificate: Invalid value: "<certificate data>": '
      + 'only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
    ],
  },
  ...([
    [btoa('none'), 'must contain at least one CERTIFICATE PEM block'],
    [certificate('Name: value\n\nAAAA'), 'no PEM block headers are permitted'],
    [certificate(''), 'found CERTIFICATE PEM block containing 0 certificates'],
    [certificate('AAAA'), 'x509: malformed certificate: truncated length'],
  ] as const).map(([given, fault]): Row => ({
    it: `gets certificates that can be read: ${fault}`,
    old: { ...own(), status: {} }, object: { ...own(), status: { certificate: given } }, subresource: 'status',
    errors: [`status.certificate: Invalid value: "<certificate data>": ${fault}`],
  })),
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(certificateSigningRequest, row), expectedOf(row)))
