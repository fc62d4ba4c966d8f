/** Paths that belong to no kind: discovery, the version, and what the issuer of tokens publishes. */
import { metaDefinition, type Dialect, type JsonObject } from './definitions.ts'
import { groupTag, refTo, type PathContext } from './operations.ts'

/** A GET without parameters. */
export interface PlainPath {
  readonly path: string
  readonly operationId: string
  readonly tag: string
  readonly description: string
  /** Definition of the answer; undefined: a text. */
  readonly answer: string | undefined
  readonly consumes: readonly string[]
  readonly produces: readonly string[]
}

const versionDefinition = 'io.k8s.apimachinery.pkg.version.Info'
const json = 'application/json'
const objectTypes = [json, 'application/yaml', 'application/vnd.kubernetes.protobuf']
const discovery = { consumes: objectTypes, produces: objectTypes }

function capital(text: string): string {
  return text === '' ? '' : text[0]!.toUpperCase() + text.slice(1)
}

const version: PlainPath = {
  path: '/version/', operationId: 'getCodeVersion', tag: 'version', description: 'Reads the version of the server.',
  answer: versionDefinition, consumes: [json], produces: [json],
}
const openIdConfiguration: PlainPath = {
  path: '/.well-known/openid-configuration/', operationId: 'getServiceAccountIssuerOpenIDConfiguration',
  tag: 'WellKnown', description: 'Reads how the issuer of service account tokens is configured, also known as discovery.',
  answer: undefined, consumes: [], produces: [json],
}
const keySet: PlainPath = {
  path: '/openid/v1/jwks/', operationId: 'getServiceAccountIssuerOpenIDKeyset', tag: 'openid',
  description: 'Reads the public keys that verify service account tokens.',
  answer: undefined, consumes: [], produces: ['application/jwk-set+json'],
}
const coreVersions: PlainPath = {
  path: '/api/', operationId: 'getCoreAPIVersions', tag: 'core', description: 'Lists the versions of the core group.',
  answer: metaDefinition('APIVersions'), ...discovery,
}
const groups: PlainPath = {
  path: '/apis/', operationId: 'getAPIVersions', tag: 'apis', description: 'Lists the groups of the API.',
  answer: metaDefinition('APIGroupList'), ...discovery,
}

/** The versions of one group. */
function groupPath(group: string): PlainPath {
  return {
    path: `/apis/${group}/`, operationId: `get${capital(groupTag(group))}APIGroup`, tag: groupTag(group),
    description: `Lists the versions of the group ${group}.`, answer: metaDefinition('APIGroup'), ...discovery,
  }
}

/** The resources of one version of a group. */
export function resourcesPath(group: string, groupVersion: string): PlainPath {
  const tag = groupTag(group)
  return {
    path: `${group === '' ? '/api' : `/apis/${group}`}/${groupVersion}/`,
    operationId: `get${capital(tag)}${capital(groupVersion)}APIResources`, tag: `${tag}_${groupVersion}`,
    description: `Lists the resources of the version ${groupVersion}.`,
    answer: metaDefinition('APIResourceList'), ...discovery,
  }
}

/** Documents of v3 that have no kinds, by their key. */
export function plainDocuments(groupNames: Iterable<string>): ReadonlyMap<string, PlainPath> {
  return new Map([
    ['.well-known/openid-configuration', openIdConfiguration],
    ['api', coreVersions],
    ['apis', groups],
    ...[...new Set(groupNames)].filter((group) => group !== '')
      .map((group) => [`apis/${group}`, groupPath(group)] as const),
    ['openid/v1/jwks', keySet],
    ['version', version],
  ])
}

export function renderPlainPath(plain: PlainPath, context: PathContext): JsonObject {
  const schema = plain.answer === undefined ? { type: 'string' } : refTo(plain.answer, context)
  const { description, operationId, tag } = plain
  const head = { description, operationId, tags: [tag] }
  return { get: { ...head, ...(context.dialect.version === 3 ? {} : v2Part(plain)), responses: {
    200: { description: 'OK', ...answerPart(plain, schema, context.dialect) },
    401: { description: 'Unauthorized' },
  } } }
}

function v2Part({ consumes, produces }: PlainPath): JsonObject {
  return { ...(consumes.length > 0 && { consumes }), produces, schemes: ['https'] }
}

function answerPart({ produces }: PlainPath, schema: JsonObject, { version: dialectVersion }: Dialect): JsonObject {
  return dialectVersion === 3
    ? { content: Object.fromEntries(produces.map((type) => [type, { schema }])) }
    : { schema }
}
