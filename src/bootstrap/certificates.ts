/** Which certificates and keys a cluster has (kubeadm's set), and which of them must be made or renewed now. */
import {
  createAuthority,
  issueKey,
  loadAuthority,
  type CertifiedKey,
  type IssuingTools,
  type LoadedAuthority,
} from '#base/x509/authority.ts'
import { parseCertificatePem, type Certificate } from '#base/x509/certificate.ts'
import type { ExtendedKeyUsage } from '#base/x509/extensions.ts'
import type { Subject } from '#base/x509/names.ts'
import { formatPem } from '#base/pem.ts'

export type AuthorityName = 'ca' | 'front-proxy-ca' | 'etcd-ca'

export interface AuthorityPlan {
  readonly name: AuthorityName
  readonly commonName: string
}

export interface LeafPlan {
  /** File name without suffix: `apiserver`. */
  readonly name: string
  readonly authority: AuthorityName
  readonly subject: Subject
  readonly usages: readonly ExtendedKeyUsage[]
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
}

export interface CertificatesPlan {
  readonly authorities: readonly AuthorityPlan[]
  readonly leaves: readonly LeafPlan[]
}

export interface ClusterNames {
  readonly clusterDomain: string
  readonly kubernetesServiceIp: string
  /** Where clients outside reach the API server; the first is advertised. */
  readonly addresses: readonly string[]
  /** Further DNS names of the API server: the host's name, a load balancer's. */
  readonly dnsNames: readonly string[]
  readonly nodes: readonly NodeNames[]
  /** Where etcd's clients reach the cluster's store, if they do. */
  readonly etcd?: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] } | undefined
}

export interface NodeNames {
  readonly name: string
  readonly addresses: readonly string[]
}

/**
 * kubeadm's certificates under kubeadm's names. As since kubeadm 1.29, `admin` is bound by RBAC (group
 * kubeadm:cluster-admins), and
 * only `super-admin` is in system:masters, which no authorizer can refuse: it is for repairs.
 */
export function planCertificates(names: ClusterNames): CertificatesPlan {
  return {
    authorities: [
      { name: 'ca', commonName: 'kubernetes' },
      { name: 'front-proxy-ca', commonName: 'front-proxy-ca' },
      ...(names.etcd ? [{ name: 'etcd-ca', commonName: 'etcd-ca' } as const] : []),
    ],
    leaves: [
      {
        name: 'apiserver', authority: 'ca', subject: subject('kube-apiserver'), usages: ['server auth'],
        dnsNames: unique([
          'kubernetes',
          'kubernetes.default',
          'kubernetes.default.svc',
          `kubernetes.default.svc.${names.clusterDomain}`,
          'localhost',
          ...names.dnsNames,
        ]),
        ipAddresses: unique([names.kubernetesServiceIp, ...names.addresses, '127.0.0.1', '::1']),
      },
      client('apiserver-kubelet-client', 'ca', subject('kube-apiserver-kubelet-client', 'kubeadm:cluster-admins')),
      client('front-proxy-client', 'front-proxy-ca', subject('front-proxy-client')),
      client('admin', 'ca', subject('kubernetes-admin', 'kubeadm:cluster-admins')),
      client('super-admin', 'ca', subject('kubernetes-super-admin', 'system:masters')),
      client('controller-manager', 'ca', subject('system:kube-controller-manager')),
      client('scheduler', 'ca', subject('system:kube-scheduler')),
      ...names.nodes.flatMap(nodeLeaves),
      ...(names.etcd ? etcdLeaves(names.etcd) : []),
    ],
  }
}

function nodeLeaves(node: NodeNames): LeafPlan[] {
  const identity = subject(`system:node:${node.name}`, 'system:nodes')
  return [
    client(`kubelet-client-${node.name}`, 'ca', identity),
    {
      name: `kubelet-${node.name}`, authority: 'ca', subject: identity, usages: ['server auth'],
      dnsNames: [node.name], ipAddresses: unique(node.addresses),
    },
  ]
}

/** An authority of its own: none of the API server's users may thereby change the store behind its back. */
function etcdLeaves({ dnsNames, ipAddresses }: NonNullable<ClusterNames['etcd']>): LeafPlan[] {
  return [
    {
      name: 'etcd-server', authority: 'etcd-ca', subject: subject('etcd-server'), usages: ['server auth'],
      dnsNames: unique([...dnsNames, 'localhost']), ipAddresses: unique([...ipAddresses, '127.0.0.1', '::1']),
    },
    client('etcd-client', 'etcd-ca', subject('etcd-client')),
  ]
}

function subject(commonName: string, ...organizations: readonly string[]): Subject {
  return { commonName, organizations }
}

function client(name: string, authority: AuthorityName, who: Subject): LeafPlan {
  return { name, authority, subject: who, usages: ['client auth'], dnsNames: [], ipAddresses: [] }
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}

const yearMs = 365 * 24 * 3600 * 1000
const authorityLifetimeMs = 10 * yearMs
const leafLifetimeMs = yearMs
/** Clocks of other machines may be a little behind ours. */
const backdateMs = 5 * 60 * 1000

/** File name → content, in the data directory's `pki/`. Private keys and nothing else end in `.key`. */
export type CertificateFiles = Readonly<Record<string, string>>

/** What signs for the cluster; undefined where its key is kept elsewhere. */
export function clusterAuthority(files: CertificateFiles): CertifiedKey | undefined {
  const { 'ca.crt': certificate, 'ca.key': key } = files
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

/** How the API server vouches for its users before others; `newest`: certificates are renewed. */
export function frontProxyOf(
  newest: () => CertificateFiles,
): { readonly authority: string; certificate(): CertifiedKey } {
  return {
    authority: newest()['front-proxy-ca.crt']!,
    certificate: () => ({ certificate: newest()['front-proxy-client.crt']!, key: newest()['front-proxy-client.key']! }),
  }
}

/** What must be written, and why. Empty when all that exists is still good. */
export interface CertificatesOutcome {
  /** Everything, old and new. */
  readonly files: CertificateFiles
  readonly changed: readonly { readonly file: string; readonly why: string }[]
}

/**
 * Keeps what is good in `existing` and makes the rest. Idempotent. A leaf is renewed when less than 30 % of its life is
 * left, when its
 * issuer, subject, names or usages are not the planned ones, or when it cannot be read.
 * Throws when an authority has a certificate but no key and something must be issued by it, or when an authority has
 * expired:
 * replacing it would cut off every client, so that is never done unasked.
 */
export function ensureCertificates(
  plan: CertificatesPlan, existing: CertificateFiles, tools: IssuingTools, now: number,
): CertificatesOutcome {
  const making = makeCertificates(plan, existing, tools, now)
  for (;;) {
    const made = making.next()
    if (made.done) return made.value
  }
}

/** As `ensureCertificates`, with a rest after each certificate in which others may have the processor. */
export function* makeCertificates(
  plan: CertificatesPlan, existing: CertificateFiles, tools: IssuingTools, now: number,
): Generator<void, CertificatesOutcome, void> {
  const files: Record<string, string> = { ...existing }
  const changed: { file: string; why: string }[] = []
  const authorityCertificates = new Map<AuthorityName, Certificate>()
  for (const { name, commonName } of plan.authorities) {
    if (files[`${name}.crt`] === undefined) {
      put(files, name, createAuthority(tools, commonName, validity(now, authorityLifetimeMs)))
      changed.push({ file: name, why: 'it did not exist' })
      yield
    }
    const certificate = parseCertificatePem(files[`${name}.crt`]!)
    if (certificate.notAfter <= now) {
      throw new Error(`the certificate authority ${name}.crt has expired; replace it and its key by hand`)
    }
    authorityCertificates.set(name, certificate)
  }
  const authorities = new Map<AuthorityName, LoadedAuthority>()
  for (const leaf of plan.leaves) {
    const why = reasonToIssue(leaf, files, authorityCertificates.get(leaf.authority)!, now)
    if (!why) continue
    const authority = authorities.get(leaf.authority) ?? loadFrom(files, leaf, why, tools)
    authorities.set(leaf.authority, authority)
    put(files, leaf.name, issueKey(tools, authority, {
      subject: leaf.subject, dnsNames: leaf.dnsNames, ipAddresses: leaf.ipAddresses, extendedKeyUsages: leaf.usages,
      ...validity(now, leafLifetimeMs),
    }))
    changed.push({ file: leaf.name, why })
    yield
  }
  if (files['sa.key'] === undefined) {
    const key = tools.crypto.generateKey()
    files['sa.key'] = key.pem
    files['sa.pub'] = formatPem('PUBLIC KEY', key.publicKey.spki)
    changed.push({ file: 'sa', why: 'it did not exist' })
  }
  return { files, changed }
}

function loadFrom(files: CertificateFiles, leaf: LeafPlan, why: string, tools: IssuingTools): LoadedAuthority {
  const key = files[`${leaf.authority}.key`]
  if (key === undefined) {
    throw new Error(`${leaf.name}.crt must be issued (${why}), but ${leaf.authority}.key is not here`)
  }
  return loadAuthority(tools, { certificate: files[`${leaf.authority}.crt`]!, key })
}

function put(files: Record<string, string>, name: string, made: CertifiedKey): void {
  files[`${name}.crt`] = made.certificate
  files[`${name}.key`] = made.key
}

function validity(now: number, lifetimeMs: number): { notBefore: number; notAfter: number } {
  return { notBefore: now - backdateMs, notAfter: now + lifetimeMs }
}

/** Undefined: the existing one is good. */
function reasonToIssue(
  leaf: LeafPlan, files: CertificateFiles, authority: Certificate, now: number,
): string | undefined {
  const pem = files[`${leaf.name}.crt`]
  if (pem === undefined || files[`${leaf.name}.key`] === undefined) return 'it did not exist'
  let certificate: Certificate
  try {
    certificate = parseCertificatePem(pem)
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`
  }
  if (certificate.notBefore > now) return 'it is not valid yet'
  if (isDueForRenewal(certificate, now)) return 'it expires soon'
  // The authority's life may end before the leaf's would: then renewing gains nothing, and the rule above has said so.
  if (!sameKey(certificate.authorityKeyIdentifier, authority.subjectKeyIdentifier)) {
    return 'it is from another authority'
  }
  if (certificate.subject.commonName !== leaf.subject.commonName) return 'its name changed'
  if (!sameSet(certificate.subject.organizations, leaf.subject.organizations)) return 'its groups changed'
  if (!leaf.dnsNames.every((name) => certificate.dnsNames.includes(name))) return 'a DNS name is missing'
  if (!leaf.ipAddresses.every((address) => certificate.ipAddresses.includes(address))) return 'an IP address is missing'
  return undefined
}

/** Less than 30 % of the life is left (kubelets renew between 70 % and 90 % of it). */
function isDueForRenewal(
  certificate: { readonly notBefore: number; readonly notAfter: number }, now: number,
): boolean {
  return certificate.notAfter - now < 0.3 * (certificate.notAfter - certificate.notBefore)
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item))
}

function sameKey(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index])
}
