/**
 * The `token` subresource of service accounts (TokenRequest), and the documents by which others can verify its tokens.
 */
import type { BoundObjectReference, TokenRequest } from '#api/gen/authentication-v1.ts'
import { base64UrlEncode } from '#base/bytes.ts'
import { badRequest, conflict, invalid, notFound } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import { formatTime } from '#machinery/time.ts'
import type {
  BoundObject,
  BoundObjects,
  NamedReference,
  ServiceAccountTokens,
  TokenSubject,
} from './service-account-tokens.ts'

const kind = { group: 'authentication.k8s.io', resource: 'TokenRequest' }
const minSeconds = 10 * 60
const maxSeconds = 2 ** 32
const defaultSeconds = 3600
/** Longer wishes are granted as this, as with upstream's --service-account-max-token-expiration. */
const longestSeconds = 365 * 24 * 3600

/** A pod, as far as binding a token to it asks. */
interface BoundPod extends BoundObject {
  readonly spec?: { readonly serviceAccountName?: string; readonly nodeName?: string }
}

/** The request with its status filled in. `namespace` and `name` are those of the service account in the path. */
export function issueRequestedToken(
  tokens: ServiceAccountTokens,
  objects: BoundObjects,
  request: TokenRequest,
  namespace: string,
  name: string,
  now: number,
): TokenRequest {
  const problems = problemsOf(request, namespace, name)
  if (problems.length > 0) throw invalid(kind, request.metadata?.name ?? '', problems)
  const account = objects.get('serviceaccounts', namespace, name)
  if (!account) throw notFound({ group: '', resource: 'serviceaccounts' }, name)
  const audiences = request.spec?.audiences?.length ? request.spec.audiences : [...tokens.audiences]
  const expirationSeconds = Math.min(request.spec?.expirationSeconds ?? defaultSeconds, longestSeconds)
  const subject: TokenSubject = {
    namespace, serviceAccount: { name, uid: account.metadata?.uid ?? '' },
    ...(request.spec?.boundObjectRef && bind(objects, request.spec.boundObjectRef, namespace, name)),
  }
  return {
    ...request,
    metadata: { ...request.metadata, name, namespace, creationTimestamp: formatTime(now) },
    spec: { ...request.spec, audiences, expirationSeconds },
    status: {
      token: tokens.issue(subject, audiences, expirationSeconds),
      expirationTimestamp: formatTime(now + 1000 * expirationSeconds),
    },
  }
}

function problemsOf({ metadata, spec }: TokenRequest, namespace: string, name: string): FieldError[] {
  const problems: FieldError[] = []
  if (metadata?.name && metadata.name !== name) {
    problems.push(invalidValue('metadata.name', metadata.name, 'must match the service account name if specified'))
  }
  if (metadata?.namespace && metadata.namespace !== namespace) {
    problems.push(
      invalidValue('metadata.namespace', metadata.namespace, 'must match the service account namespace if specified'),
    )
  }
  const seconds = spec?.expirationSeconds ?? defaultSeconds
  if (seconds < minSeconds) {
    problems.push(invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'))
  }
  if (seconds > maxSeconds) {
    problems.push(
      invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds'),
    )
  }
  return problems
}

function bind(
  objects: BoundObjects, reference: BoundObjectReference, namespace: string, account: string,
): Pick<TokenSubject, 'pod' | 'secret' | 'node'> {
  const { group = '', version = '' } = parseApiVersion(reference.apiVersion ?? '') ?? {}
  const name = reference.name ?? ''
  const find = (
    resource: 'pods' | 'secrets' | 'nodes',
    where: string,
  ): { readonly object: BoundObject; readonly named: NamedReference } => {
    const object = objects.get(resource, where, name)
    if (!object) throw notFound({ group: '', resource }, name)
    return { object, named: checkUid(reference, object, name) }
  }
  switch (group === '' ? reference.kind : '') {
    case 'Pod': {
      const { object, named } = find('pods', namespace)
      const { spec } = object as BoundPod
      if (spec?.serviceAccountName !== account) {
        throw badRequest(
          `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`,
        )
      }
      const node = spec.nodeName ? objects.get('nodes', '', spec.nodeName) : undefined
      return { pod: named, ...(node && { node: { name: spec.nodeName!, uid: node.metadata?.uid ?? '' } }) }
    }
    case 'Secret': return { secret: find('secrets', namespace).named }
    case 'Node': return { node: find('nodes', '').named }
    default: throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${reference.kind ?? ''}`)
  }
}

function checkUid({ kind: wanted = '', uid }: BoundObjectReference, object: BoundObject, name: string): NamedReference {
  const actual = object.metadata?.uid ?? ''
  if (uid && uid !== actual) {
    throw conflict(
      { group: '', resource: wanted },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }
  return { name, uid: actual }
}

/** `/openid/v1/jwks`, as application/jwk-set+json. */
export function keySetDocument(tokens: ServiceAccountTokens): string {
  return JSON.stringify({
    keys: [...tokens.publicKeys].filter(([, key]) => key.type === 'p256').map(([kid, key]) => {
      // The last 64 bytes of the DER are the point's two coordinates.
      const point = key.spki.subarray(key.spki.length - 64)
      return {
        use: 'sig',
        kty: 'EC',
        kid,
        crv: 'P-256',
        alg: 'ES256',
        x: base64UrlEncode(point.subarray(0, 32)),
        y: base64UrlEncode(point.subarray(32)),
      }
    }),
  })
}

/** `/.well-known/openid-configuration`. `keySetUrl` must be reachable for whoever verifies. */
export function discoveryDocument(tokens: ServiceAccountTokens, keySetUrl: string): string {
  return JSON.stringify({
    issuer: tokens.issuer,
    jwks_uri: keySetUrl,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  })
}
