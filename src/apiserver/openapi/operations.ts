/** Paths of OpenAPI from kinds: which verbs each resource has, with which parameters, for which kind. */
import type { AnyKind, OtherSubresource, Verb } from '#machinery/schema/define-kind.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { metaDefinition, patchDefinition, type Dialect, type Json, type JsonObject } from './definitions.ts'
import {
  deleteCollectionParameters,
  deleteParameters,
  listParameters,
  optionParameters,
  patchParameters,
  pathParameters,
  pretty,
  renderParameters,
  writeParameters,
  type Parameter,
} from './parameters.ts'

interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

type Action =
  | 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection' | 'watch' | 'watchlist' | 'connect'
type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'

/** One operation of a path. */
interface Call {
  readonly action: Action
  readonly method: Method
}

const actionOf: Readonly<Record<Verb, Action | undefined>> = {
  create: 'post', delete: 'delete', deletecollection: 'deletecollection', get: 'get', list: 'list', patch: 'patch',
  update: 'put', watch: undefined,
}
const methodOf: Readonly<Record<Exclude<Action, 'connect'>, Method>> = {
  list: 'get', get: 'get', post: 'post', put: 'put', patch: 'patch', delete: 'delete', deletecollection: 'delete',
  watch: 'get', watchlist: 'get',
}
const idVerbs: Readonly<Record<Action, string>> = {
  list: 'list', get: 'read', post: 'create', put: 'replace', patch: 'patch', delete: 'delete',
  deletecollection: 'delete', watch: 'watch', watchlist: 'watch', connect: 'connect',
}
const purposes: Readonly<Record<Action, string>> = {
  list: 'Lists or watches objects of kind', get: 'Reads the named', post: 'Creates a new', put: 'Replaces the named',
  patch: 'Changes parts of the named', delete: 'Deletes the named', deletecollection: 'Deletes the chosen objects of kind',
  watch: 'Deprecated, use the watch parameter of a list: watches the named',
  watchlist: 'Deprecated, use the watch parameter of a list: watches objects of kind',
  connect: 'Connects to the named',
}
const parametersOf: Readonly<Record<Exclude<Action, 'connect'>, readonly Parameter[]>> = {
  list: listParameters, get: [], post: writeParameters, put: writeParameters, patch: patchParameters,
  delete: deleteParameters, deletecollection: deleteCollectionParameters, watch: listParameters,
  watchlist: listParameters,
}

const patchTypes = [
  'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
/** kubectl apply reads from this that a custom resource is to be patched another way. */
const customPatchTypes = patchTypes.filter((type) => !type.includes('strategic'))
const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const customBodyTypes = bodyTypes.filter((type) => !type.includes('protobuf'))
const watchTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']

/** Kinds whose deletion answers with the object instead of a Status (upstream: ReturnDeletedObject). */
const answersWithDeleted: ReadonlySet<string> = new Set([
  'PersistentVolumeClaim', 'Pod', 'PodTemplate', 'ResourceQuota', 'ServiceAccount', 'Service', 'PersistentVolume',
  'CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass',
  'DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice',
])

/** One resource or subresource at one path. */
interface Target {
  readonly kind: AnyKind
  readonly version: string
  /** What is read and written there, which for a subresource may be another kind. */
  readonly object: GroupVersionKind
  /** What an operation's name ends with: `Status`, `ForAllNamespaces`. */
  readonly suffix: string
  readonly allNamespaces: boolean
  readonly calls: readonly Call[]
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
  const object = { group: kind.group, version, kind: kind.kind }
  const base = `${kind.group === '' ? '/api' : `/apis/${kind.group}`}/${version}`
  const own = new Set(kind.verbs.flatMap((verb) => actionOf[verb] ?? []))
  const pick = (...wanted: readonly Exclude<Action, 'connect'>[]): readonly Call[] =>
    wanted.filter((action) => own.has(action)).map((action) => ({ action, method: methodOf[action] }))
  const paths: Record<string, JsonObject> = {}
  const add = (path: string, calls: readonly Call[], other: Partial<Target> = {}): void => {
    if (calls.length === 0) return
    const target: Target = { kind, version, object, suffix: '', allNamespaces: false, calls, ...other }
    paths[path] = pathItem(path, target, context)
  }
  const across = { suffix: 'ForAllNamespaces', allNamespaces: true }
  const place = kind.namespaced ? '/namespaces/{namespace}' : ''
  const collection = `${base}${place}/${kind.plural}`
  add(collection, pick('list', 'post', 'deletecollection'))
  add(`${collection}/{name}`, pick('get', 'put', 'patch', 'delete'))
  if (kind.namespaced) add(`${base}/${kind.plural}`, pick('list'), across)
  if (kind.verbs.includes('watch') && !isCustom(kind)) {
    const watched = `${base}/watch${place}/${kind.plural}`
    add(watched, [{ action: 'watchlist', method: 'get' }], { suffix: 'List' })
    add(`${watched}/{name}`, [{ action: 'watch', method: 'get' }])
    if (kind.namespaced) {
      const suffix = `List${across.suffix}`
      add(`${base}/watch/${kind.plural}`, [{ action: 'watchlist', method: 'get' }], { ...across, suffix })
    }
  }
  addSubresources(kind, `${collection}/{name}`, add)
  return paths
}

/** Of a definition that users have made; upstream tells less of those. */
function isCustom(kind: AnyKind): boolean {
  return kind.storedVersion.custom !== undefined
}

type Add = (path: string, calls: readonly Call[], other?: Partial<Target>) => void

function addSubresources(kind: AnyKind, parent: string, add: Add): void {
  const written: readonly Call[] = (['get', 'put', 'patch'] as const).map((action) => ({ action, method: action }))
  const { status, scale, others = [] } = kind.subresources ?? {}
  if (status) add(`${parent}/status`, written, { suffix: 'Status' })
  const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' }
  if (scale) add(`${parent}/scale`, written, { suffix: 'Scale', object: scaleKind })
  for (const { name, kind: object, verbs } of others as readonly OtherSubresource[]) {
    const isConnection = object?.kind.endsWith('Options') === true && name !== 'log'
    const calls = isConnection ? connections(verbs, name === 'proxy') : verbs.flatMap((verb) => {
      const action = actionOf[verb]
      return action === undefined || action === 'connect' ? [] : [{ action, method: methodOf[action] }]
    })
    const other = { suffix: capital(name), ...(object && name !== 'log' && { object }) }
    add(`${parent}/${name}`, calls, other)
    if (name === 'proxy') add(`${parent}/proxy/{path}`, calls, { ...other, suffix: 'ProxyWithPath' })
  }
}

/** A connection is made with any method that its verbs stand for; a proxy passes on two more. */
function connections(verbs: readonly Verb[], isProxy: boolean): readonly Call[] {
  const methods = verbs.flatMap((verb): Method[] => {
    const action = actionOf[verb]
    return action === undefined || action === 'connect' ? [] : [methodOf[action]]
  })
  const all: readonly Method[] = isProxy ? [...methods, 'head', 'options'] : methods
  return [...new Set(all)].map((method) => ({ action: 'connect', method }))
}

function pathItem(path: string, target: Target, context: PathContext): JsonObject {
  const parameters = target.calls.map((call) => callParameters(call, path, target, context))
  // What every operation takes is told once, for the path.
  const common = parameters[0]!.filter(({ name }) =>
    parameters.every((list) => list.some((each) => each.name === name)))
  const commonNames = new Set(common.map(({ name }) => name))
  const operations = target.calls.map((call, index) => {
    const own = parameters[index]!.filter(({ name }) => !commonNames.has(name))
    return [call.method, operation(call, target, renderParameters(own, context.dialect), context)] as const
  })
  const shared = renderParameters([...pathParameters(path), ...common], context.dialect)
  return { ...Object.fromEntries(operations), ...(shared.length > 0 && { parameters: shared }) }
}

function callParameters(
  { action }: Call,
  path: string,
  { object }: Target,
  { table }: PathContext,
): readonly Parameter[] {
  if (action === 'connect') {
    const options = table.kind(object.group, object.version, object.kind)
    return options ? optionParameters(options) : []
  }
  if (path.endsWith('/{name}/log')) {
    const options = table.kind('', 'v1', 'PodLogOptions')
    return [...pretty, ...(options ? optionParameters(options) : [])]
  }
  return [...pretty, ...parametersOf[action]]
}

function operation(call: Call, target: Target, query: readonly Json[], context: PathContext): JsonObject {
  const { kind, version, object } = target
  const group = groupTag(kind.group)
  const infix = call.action === 'deletecollection' ? 'Collection' : call.action === 'connect' ? capital(call.method) : ''
  const scope = kind.namespaced && !target.allNamespaces ? 'Namespaced' : ''
  return {
    description: `${purposes[call.action]} ${kind.kind}${aspect(target)}.`,
    operationId: idVerbs[call.action] + capital(group) + capital(version) + infix + scope + kind.kind + target.suffix,
    tags: [`${group}_${version}`],
    ...requestPart(call, target, query, context),
    responses: responses(call, target, context),
    'x-kubernetes-action': call.action,
    'x-kubernetes-group-version-kind': { ...object },
  }
}

function aspect({ suffix, allNamespaces }: Target): string {
  if (allNamespaces) return ', in all namespaces'
  return suffix === '' || suffix === 'List' ? '' : `: ${suffix === 'ProxyWithPath' ? 'proxy, with a path' : suffix.toLowerCase()}`
}

/** Upstream's word for a group: `rbacAuthorization` for rbac.authorization.k8s.io, `core` for the empty one. */
export function groupTag(group: string): string {
  if (group === '') return 'core'
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split('.')
  return first + rest.map(capital).join('')
}

function requestPart(call: Call, target: Target, query: readonly Json[], context: PathContext): JsonObject {
  const types = requestTypes(call.action, isCustom(target.kind))
  const body = requestBody(call.action, target.object, context)
  const isRequired = call.action === 'post' || call.action === 'put' || call.action === 'patch'
  if (context.dialect.version === 3) {
    const content = Object.fromEntries(types.map((type) => [type, { schema: body ?? {} }]))
    return {
      ...(query.length > 0 && { parameters: query }),
      ...(body && { requestBody: { content, ...(isRequired && { required: true }) } }),
    }
  }
  const bodyParameter = body && { name: 'body', in: 'body', ...(isRequired && { required: true }), schema: body }
  const parameters = [...(bodyParameter ? [bodyParameter] : []), ...query]
  return {
    consumes: types,
    produces: responseTypes(call, target),
    schemes: ['https'],
    ...(parameters.length > 0 && { parameters }),
  }
}

function requestTypes(action: Action, custom: boolean): readonly string[] {
  if (action === 'patch') return custom ? customPatchTypes : patchTypes
  return custom ? customBodyTypes : ['*/*']
}

function requestBody(action: Action, object: GroupVersionKind, context: PathContext): JsonObject | undefined {
  switch (action) {
    case 'patch': return refTo(patchDefinition, context)
    case 'delete': case 'deletecollection': return refTo(metaDefinition('DeleteOptions'), context)
    case 'post': case 'put': return schemaOf(object, context)
    default: return undefined
  }
}

function responseTypes({ action }: Call, { kind, suffix }: Target): readonly string[] {
  if (isCustom(kind)) return customBodyTypes
  if (action === 'connect') return ['*/*']
  if (suffix === 'Log') return ['text/plain', ...bodyTypes]
  return action === 'list' || action === 'watch' || action === 'watchlist' ? [...bodyTypes, ...watchTypes] : bodyTypes
}

const codesOf: Readonly<Partial<Record<Action, Readonly<Record<number, string>>>>> = {
  post: { 200: 'OK', 201: 'Created', 202: 'Accepted' },
  put: { 200: 'OK', 201: 'Created' },
  patch: { 200: 'OK', 201: 'Created' },
  delete: { 200: 'OK', 202: 'Accepted' },
}

function responses(call: Call, target: Target, context: PathContext): JsonObject {
  const schema = responseSchema(call, target, context)
  const types = responseTypes(call, target)
  const one = (description: string): JsonObject =>
    context.dialect.version === 3
      ? { description, content: Object.fromEntries(types.map((type) => [type, { schema }])) }
      : { description, schema }
  const codes = Object.entries(codesOf[call.action] ?? { 200: 'OK' })
  return {
    ...Object.fromEntries(codes.map(([code, text]) => [code, one(text)])),
    401: { description: 'Unauthorized' },
  }
}

function responseSchema({ action }: Call, { object, suffix }: Target, context: PathContext): JsonObject {
  if (action === 'connect' || suffix === 'Log') return { type: 'string' }
  switch (action) {
    case 'watch': case 'watchlist': return refTo(metaDefinition('WatchEvent'), context)
    case 'list': return schemaOf({ ...object, kind: `${object.kind}List` }, context)
    case 'deletecollection': return refTo(metaDefinition('Status'), context)
    case 'delete':
      return answersWithDeleted.has(object.kind) ? schemaOf(object, context) : refTo(metaDefinition('Status'), context)
    default: return schemaOf(object, context)
  }
}

function schemaOf(gvk: GroupVersionKind, context: PathContext): JsonObject {
  const name = context.definitionOf(gvk) ?? context.table.kind(gvk.group, gvk.version, gvk.kind)?.name
  return name === undefined ? { type: 'object' } : refTo(name, context)
}

export function refTo(name: string, { dialect, used }: Pick<PathContext, 'dialect' | 'used'>): JsonObject {
  used.add(name)
  return { $ref: dialect.prefix + name }
}

function capital(text: string): string {
  return text === '' ? '' : text[0]!.toUpperCase() + text.slice(1)
}
