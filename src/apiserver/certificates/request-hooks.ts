/** What requests for certificates must keep to that takes more than the object: cryptography, the time, rights. */
import {
  certificateSigningRequest,
} from '#api/certificates/certificatesigningrequest/certificatesigningrequest.ts'
import { podCertificateRequest } from '#api/certificates/podcertificaterequest/podcertificaterequest.ts'
import {
  validatePodCertificateStatus,
} from '#api/certificates/podcertificaterequest/podcertificaterequest.validation.ts'
import { findProof, validateKey } from '#api/certificates/podcertificaterequest/pod-key.validation.ts'
import type { CertificateSigningRequest } from '#api/gen/certificates-v1.ts'
import type { PodCertificateRequest } from '#api/gen/certificates-v1beta1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { DerError } from '#base/der.ts'
import { parseCertificateRequestPem, type CertificateRequest } from '#base/x509/certificate-request.ts'
import { describePublicKey } from '#base/x509/public-key.ts'
import { invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { findFaults, forbiddenValue, invalidValue, quoteGo } from '#machinery/errors/field-errors.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { validateObjectMeta } from '#machinery/meta/validate-object-meta.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Clock } from '#world/clock.ts'
import type { Crypto } from '#world/crypto.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import { kindSubject, type KindHooks, type RequestScope } from '../rest/context.ts'

export interface RequestHooksOptions {
  readonly crypto: Pick<Crypto, 'verifySignature'>
  readonly clock: Pick<Clock, 'now'>
  readonly authorizer: Authorizer
}

/** By `group/plural`. */
export function certificateHooks(options: RequestHooksOptions): ReadonlyMap<string, KindHooks> {
  return new Map([
    ['certificates.k8s.io/certificatesigningrequests', signingRequestHooks(options)],
    ['certificates.k8s.io/podcertificaterequests', podRequestHooks(options)],
  ])
}

/** A fault stands where upstream comes upon it: `first`, before what else is wrong, or after all that. */
function refuse(kind: AnyKind, object: KubeObject, fault: FieldError, first: boolean): never {
  const ofMetadata = findFaults(() => validateObjectMeta(object.metadata ?? {}, kind))
  const others = findFaults(() => kind.validateCreate?.(object) ?? [])
  const errors = first ? [...ofMetadata, fault, ...others] : [...ofMetadata, ...others, fault]
  throw invalid(kindSubject(kind), object.metadata?.name ?? '', errors)
}

function signingRequestHooks({ crypto }: RequestHooksOptions): KindHooks {
  return {
    beforeCreate(object) {
      const { request: text = '' } = (object as CertificateSigningRequest).spec
      const request = readRequest(text)
      const problem = request && problemOfSignature(request, crypto)
      if (problem !== undefined) {
        refuse(certificateSigningRequest, object, invalidValue('spec.request', text, problem), true)
      }
      return undefined
    },
  }
}

/** undefined: it is none, as the kind's own validation says. */
function readRequest(text: string): CertificateRequest | undefined {
  try {
    return parseCertificateRequestPem(utf8Decode(base64Decode(text) ?? new Uint8Array()))
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

const failures = {
  ecdsa: 'x509: ECDSA verification failure', ed25519: 'x509: Ed25519 verification failure',
  rsa: 'crypto/rsa: verification error', other: 'x509: cannot verify signature: algorithm unimplemented',
} as const

function problemOfSignature(
  { scheme, publicKey, signed, rawSignature }: CertificateRequest, crypto: RequestHooksOptions['crypto'],
): string | undefined {
  if (scheme === undefined) return failures.other
  if (crypto.verifySignature(scheme, publicKey, signed, rawSignature)) return undefined
  return failures[describePublicKey(publicKey)?.type ?? 'other']
}

function podRequestHooks({ crypto, clock, authorizer }: RequestHooksOptions): KindHooks {
  return {
    beforeCreate(object) {
      const { spec } = object as PodCertificateRequest
      if (spec.maxExpirationSeconds === undefined || validateKey(spec).length > 0) return undefined
      const proof = findProof(spec)
      if (!('scheme' in proof)) refuse(podCertificateRequest, object, proof, false)
      const { scheme, key, data, signature, fault } = proof
      if (!crypto.verifySignature(scheme, key, data, signature)) refuse(podCertificateRequest, object, fault, false)
      return undefined
    },
    async beforeUpdate(object, old, scope) {
      if (scope.subresource !== 'status') return undefined
      const [request, before] = [object as PodCertificateRequest, old as Stored<PodCertificateRequest>]
      const errors = findFaults(() => validatePodCertificateStatus(request, before, clock.now()))
      const refused = errors.length > 0 ? errors : await signingFaults(authorizer, request, before, scope)
      if (refused.length > 0) throw invalid(kindSubject(podCertificateRequest), scope.name, refused)
      return undefined
    },
  }
}

/** Who sets the chain may sign for the signer: for it alone, or for all of its domain. */
async function signingFaults(
  authorizer: Authorizer, { status }: PodCertificateRequest, old: Stored<PodCertificateRequest>,
  { user }: RequestScope,
): Promise<readonly FieldError[]> {
  if ((status?.certificateChain ?? '') === (old.status?.certificateChain ?? '')) return []
  const { signerName } = old.spec
  for (const name of [signerName, `${signerName.split('/', 1)[0]}/*`]) {
    const { allowed } = await authorizer.authorize({
      type: 'resource', user, verb: 'sign', group: 'certificates.k8s.io', version: '*', resource: 'signers',
      subresource: '', namespace: '', name,
    })
    if (allowed) return []
  }
  return [forbiddenValue('spec.signerName',
    `User ${quoteGo(user.name)} is not permitted to "sign" for signer ${quoteGo(signerName)}`)]
}
