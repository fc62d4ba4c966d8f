/** Paths of OpenAPI from kinds: which verbs each resource has, with which parameters, for which kind. */
import type { AnyKind, OtherSubresource, Verb } from '#machinery/schema/define-kind.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { patchDefinition, type Dialect, type Json, type JsonObject } from './definitions.ts'

interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

type Action = 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection'

const methods: Readonly<Record<Action, string>> = {
  list: 'get', get: 'get', post: 'post', put: 'put', patch: 'patch', delete: 'delete', deletecollection: 'delete',
}
const idVerbs: Readonly<Record<Action, string>> = {
  list: 'list',
  get: 'read',
  post: 'create',
  put: 'replace',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'deleteCollection',
}
const actionOf: Readonly<Record<Verb, Action | undefined>> = {
  create: 'post',
  delete: 'delete',
  deletecollection: 'deletecollection',
  get: 'get',
  list: 'list',
  patch: 'patch',
  update: 'put',
  watch: undefined,
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const watchTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']

type ParameterType = 'string' | 'integer' | 'boolean'
const listParameters: Readonly<Record<string, ParameterType>> = {
  allowWatchBookmarks: 'boolean',
  continue: 'string',
  fieldSelector: 'string',
  labelSelector: 'string',
  limit: 'integer',
  resourceVersion: 'string',
  resourceVersionMatch: 'string',
  sendInitialEvents: 'boolean',
  timeoutSeconds: 'integer',
  watch: 'boolean',
}
const writeParameters: Readonly<Record<string, ParameterType>> = {
  dryRun: 'string',
  fieldManager: 'string',
  fieldValidation: 'string',
}
const deleteParameters: Readonly<Record<string, ParameterType>> = {
  dryRun: 'string',
  gracePeriodSeconds: 'integer',
  ignoreStoreReadErrorWithClusterBreakingPotential: 'boolean',
  orphanDependents: 'boolean',
  propagationPolicy: 'string',
}
const parametersOf: Readonly<Record<Action, Readonly<Record<string, ParameterType>>>> = {
  list: listParameters,
  get: {},
  post: writeParameters,
  put: writeParameters,
  patch: { ...writeParameters, force: 'boolean' },
  delete: deleteParameters,
  deletecollection: { ...listParameters, ...deleteParameters },
}

/** One resource or subresource at one version. */
interface Target {
  readonly kind: AnyKind
  readonly version: string
  /** What is read and written there, which for a subresource may be another kind. */
  readonly object: GroupVersionKind
  readonly subresource: string
  readonly actions: readonly Action[]
}

export interface PathContext {
  readonly dialect: Dialect
  readonly table: SchemaTable
  /** Definition name of a kind's schema, for kinds that are not in the table. */
  readonly definitionOf: (gvk: GroupVersionKind) => string | undefined
  /** Every definition that a path refers to. */
  readonly used: Set<string>
}

/** `paths` of one kind at one version. */
export function pathsOf(kind: AnyKind, version: string, context: PathContext): JsonObject {
  const own: GroupVersionKind = { group: kind.group, version, kind: kind.kind }
  const base = `${kind.group === '' ? '/api' : `/apis/${kind.group}`}/${version}`
  const collection = `${base}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}`
  const actions = kind.verbs.flatMap((verb) => actionOf[verb] ?? [])
  const pick = (wanted: readonly Action[]): readonly Action[] => wanted.filter((action) => actions.includes(action))
  const at = (subresource: string, object: GroupVersionKind, list: readonly Action[]): Target => ({
    kind,
    version,
    object,
    subresource,
    actions: list,
  })
  const paths: Record<string, Json> = {}
  const add = (path: string, target: Target, allNamespaces = false): void => {
    if (target.actions.length > 0) paths[path] = pathItem(path, target, context, allNamespaces)
  }
  add(collection, at('', own, pick(['list', 'post', 'deletecollection'])))
  add(`${collection}/{name}`, at('', own, pick(['get', 'put', 'patch', 'delete'])))
  if (kind.namespaced) add(`${base}/${kind.plural}`, at('', own, pick(['list'])), true)
  const { status, scale, others = [] } = kind.subresources ?? {}
  if (status) add(`${collection}/{name}/status`, at('status', own, ['get', 'put', 'patch']))
  if (scale) {
    add(
      `${collection}/{name}/scale`,
      at('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale' }, ['get', 'put', 'patch']),
    )
  }
  for (const other of others as readonly OtherSubresource[]) {
    add(
      `${collection}/{name}/${other.name}`,
      at(
        other.name,
        other.kind ?? own,
        other.verbs.flatMap((verb) => actionOf[verb] ?? []),
      ),
    )
  }
  return paths
}

function pathItem(path: string, target: Target, context: PathContext, allNamespaces: boolean): JsonObject {
  const operations = target.actions.map(
    (action) => [methods[action], operation(action, target, context, allNamespaces)] as const,
  )
  const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(context.dialect, name!, 'path', 'string'))
  return {
    ...Object.fromEntries(operations),
    parameters: [...places, parameter(context.dialect, 'pretty', 'query', 'string')],
  }
}

function operation(action: Action, target: Target, context: PathContext, allNamespaces: boolean): JsonObject {
  const { kind, version, object, subresource } = target
  const { dialect } = context
  const query = Object.entries(parametersOf[action]).map(([name, type]) => parameter(dialect, name, 'query', type))
  const group =
    kind.group === ''
      ? 'core'
      : kind.group
          .replace(/\.k8s\.io$/, '')
          .split('.')
          .map((part, index) => (index === 0 ? part : capital(part)))
          .join('')
  const scope = kind.namespaced && !allNamespaces ? 'Namespaced' : ''
  const suffix = allNamespaces ? 'ForAllNamespaces' : capital(subresource)
  const collective = action === 'list' || action === 'deletecollection'
  return {
    operationId:
      `${idVerbs[action]}${capital(group)}${capital(version)}${action === 'deletecollection' ? 'Collection' : ''}${scope}${kind.kind}${suffix}`.replace(
        'deleteCollection',
        'delete',
      ),
    tags: [`${group}_${version}`],
    ...requestPart(action, object, query, context),
    responses: responses(action, collective ? listOf(object, context) : schemaOf(object, context), context),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { ...object },
  }
}

function requestPart(
  action: Action,
  object: GroupVersionKind,
  query: readonly Json[],
  context: PathContext,
): JsonObject {
  const { dialect } = context
  const body =
    action === 'patch'
      ? refTo(patchDefinition, context)
      : action === 'delete' || action === 'deletecollection'
        ? refTo('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions', context)
        : action === 'post' || action === 'put'
          ? schemaOf(object, context)
          : undefined
  const types = action === 'patch' ? patchTypes : ['*/*']
  if (dialect.version === 3) {
    const required = action === 'post' || action === 'put' || action === 'patch'
    return {
      ...(query.length > 0 && { parameters: query }),
      ...(body && {
        requestBody: {
          content: Object.fromEntries(types.map((type) => [type, { schema: body }])),
          ...(required && { required }),
        },
      }),
    }
  }
  const bodyParameter = {
    name: 'body',
    in: 'body',
    ...(action !== 'delete' && action !== 'deletecollection' && { required: true }),
    schema: body!,
  }
  return {
    consumes: types, produces: [...bodyTypes, ...(action === 'list' ? watchTypes : [])], schemes: ['https'],
    parameters: [...(body ? [bodyParameter] : []), ...query],
  }
}

function responses(action: Action, schema: JsonObject | undefined, { dialect, ...context }: PathContext): JsonObject {
  const codes =
    action === 'post'
      ? { 200: 'OK', 201: 'Created', 202: 'Accepted' }
      : action === 'put' || action === 'patch'
        ? { 200: 'OK', 201: 'Created' }
        : action === 'delete'
          ? { 200: 'OK', 202: 'Accepted' }
          : { 200: 'OK' }
  const status = action === 'delete' || action === 'deletecollection'
  const content = status
    ? refTo('io.k8s.apimachinery.pkg.apis.meta.v1.Status', { dialect, ...context })
    : (schema ?? { type: 'string' })
  const types = [...bodyTypes, ...(action === 'list' ? watchTypes : [])]
  const one = (description: string): JsonObject =>
    dialect.version === 3
      ? { description, content: Object.fromEntries(types.map((type) => [type, { schema: content }])) }
      : { description, schema: content }
  return {
    ...Object.fromEntries(Object.entries(codes).map(([code, text]) => [code, one(text)])),
    401: { description: 'Unauthorized' },
  }
}

function parameter(dialect: Dialect, name: string, place: 'path' | 'query', type: ParameterType): JsonObject {
  const required = place === 'path' ? { required: true } : {}
  return dialect.version === 3
    ? { name, in: place, ...required, schema: { type, uniqueItems: true } }
    : { name, in: place, ...required, type, uniqueItems: true }
}

function schemaOf(gvk: GroupVersionKind, context: PathContext): JsonObject {
  const name = context.definitionOf(gvk) ?? context.table.kind(gvk.group, gvk.version, gvk.kind)?.name
  return name === undefined ? { type: 'object' } : refTo(name, context)
}

function listOf(gvk: GroupVersionKind, context: PathContext): JsonObject {
  return schemaOf({ ...gvk, kind: `${gvk.kind}List` }, context)
}

function refTo(name: string, { dialect, used }: PathContext): JsonObject {
  used.add(name)
  return { $ref: dialect.prefix + name }
}

function capital(text: string): string {
  return text === '' ? '' : text[0]!.toUpperCase() + text.slice(1)
}
