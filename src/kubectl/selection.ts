/** Which objects a command line is about: types and names, selectors, or files (cli-runtime's resource.Builder). */
import type { Query } from '#client/http-requests.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import { CombinedError, CommandError } from './errors.ts'
import { nameOf, namespaceOf, textAt, withValue, type Json } from './fields.ts'
import { getObject, itemsOf, listPages } from './operations.ts'
import {
  apiVersionOf,
  expandCategory,
  findKind,
  requireResource,
  splitApiVersion,
  type Resource,
  type ResourceCatalog,
} from './resources.ts'
import type { Session } from './session.ts'

export interface Info {
  readonly resource: Resource
  readonly namespace: string
  /** Empty for a page of a list. */
  readonly name: string
  /** The object, a list or a table; empty when it was not asked for. */
  readonly object: Json
  /** The file that it comes from. */
  readonly source?: string
}

export interface SelectOptions {
  readonly words?: readonly string[]
  readonly filenames?: readonly string[]
  readonly recursive?: boolean
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** Everything of the type, as with an empty selector. */
  readonly all?: boolean
  /** A type without names or selectors means everything. */
  readonly emptySelectsAll?: boolean
  readonly allNamespaces?: boolean
  readonly namespace?: { readonly name: string; readonly explicit: boolean }
  readonly subresource?: string
  /** Objects of files are taken as they are, without asking the server anything. */
  readonly local?: boolean
  /** Objects of files are read from the server too. */
  readonly latest?: boolean
  /** False: objects named on the command line are not read. Default true. */
  readonly fetch?: boolean
  /** False: lists are left as they come. Default true. */
  readonly flatten?: boolean
  readonly accept?: string | undefined
  readonly query?: Query
  readonly limit?: number
  readonly singleType?: boolean
  /** Go on after a failure and collect. Default true. */
  readonly continueOnError?: boolean
}

export interface Selection {
  readonly infos: readonly Info[]
  readonly errors: readonly unknown[]
  readonly singleItemImplied: boolean
  readonly targetsSingleItems: boolean
}

interface Plan {
  readonly types: readonly string[]
  readonly names: readonly string[]
  readonly tuples: readonly (readonly [type: string, name: string])[]
  readonly selected: boolean
}

/** Throws for a command line that means nothing; what fails for single objects is in `errors`. */
export async function select(session: Session, options: SelectOptions): Promise<Selection> {
  const namespace = options.namespace ?? await session.namespace()
  const filenames = options.filenames ?? []
  if (filenames.length > 0) return await selectFiles(session, options, namespace)
  const catalog = await session.resources()
  const plan = planWords(catalog, options)
  if (
    options.singleType
    && (plan.types.length > 1 || new Set(plan.tuples.map(([type]) => requireResource(catalog, type))).size > 1)
  ) {
    throw new CommandError('you may only specify a single resource type')
  }
  if (plan.selected) return await selectLists(session, catalog, plan, options, namespace.name)
  const tuples = plan.tuples.length > 0 ? plan.tuples : plan.names.map((name) => [plan.types[0]!, name] as const)
  const targets = tuples.map(([type, name]) => {
    const resource = requireResource(catalog, type)
    if (resource.namespaced && options.allNamespaces) {
      throw new CommandError('a resource cannot be retrieved by name across all namespaces')
    }
    return { resource, name, namespace: resource.namespaced ? namespace.name : '', subresource: options.subresource }
  })
  const collected = await collect(targets, options, async (target) => {
    const object =
      options.fetch === false
        ? {}
        : await getObject(session, target, { accept: options.accept, query: options.query ?? {} })
    return [{ resource: target.resource, namespace: target.namespace, name: target.name, object }]
  })
  return { ...collected, singleItemImplied: targets.length === 1, targetsSingleItems: true }
}

function planWords(catalog: ResourceCatalog, options: SelectOptions): Plan {
  const words = spreadTypes(options.words ?? [])
  const slashes = words.filter((word) => word.includes('/')).length
  const selector = Boolean(options.labelSelector || options.fieldSelector || options.all)
  if (slashes > 0 && slashes < words.length) {
    throw new CommandError(
      "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
    )
  }
  if (slashes > 0) {
    if (selector) {
      throw new CommandError('selectors and the all flag cannot be used when passing resource/name arguments')
    }
    return { types: [], names: [], tuples: words.map(splitTuple), selected: false }
  }
  const [first, ...names] = words
  if (first === undefined) throw new CommandError(missingResource)
  const types = [...new Set(first.split(',').flatMap((word) => expandCategory(catalog, word) ?? [word]))]
  const selected = selector || (names.length === 0 && options.emptySelectsAll === true)
  if (names.length > 0 && selector) throw new CommandError('name cannot be provided when a selector is specified')
  if (names.length === 0 && !selected) {
    for (const type of types) requireResource(catalog, type)
    throw new CommandError('resource(s) were provided, but no name was specified')
  }
  if (names.length > 0 && types.length > 1) throw new CommandError('you must specify only one resource')
  return { types, names, tuples: [], selected }
}

const missingResource = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`

/** `a,b c` is `a/c b/c`. */
function spreadTypes(words: readonly string[]): readonly string[] {
  const [first, ...names] = words
  const types = [...new Set((first ?? '').split(','))]
  return types.length > 1 && names.length > 0 ? types.flatMap((type) => names.map((name) => `${type}/${name}`)) : words
}

function splitTuple(word: string): readonly [type: string, name: string] {
  const parts = word.split('/')
  if (parts.length !== 2) throw new CommandError('arguments in resource/name form may not have more than one slash')
  const [type = '', name = ''] = parts
  if (type === '' || name === '' || type.includes(',')) {
    throw new CommandError('arguments in resource/name form must have a single resource and name')
  }
  return [type, name]
}

async function selectLists(
  session: Session,
  catalog: ResourceCatalog,
  plan: Plan,
  options: SelectOptions,
  namespace: string,
): Promise<Selection> {
  const resources = [...new Set(plan.types.map((type) => requireResource(catalog, type)))]
  const collected = await collect(resources, options, async (resource) => {
    const infos: Info[] = []
    const where = resource.namespaced && !options.allNamespaces ? namespace : ''
    try {
      for await (const page of listPages(session, resource, where, options)) {
        if (options.flatten === false || textAt(page, 'kind') === 'Table') {
          infos.push({ resource, namespace: where, name: '', object: page })
        } else {
          for (const item of itemsOf(page)) {
            infos.push({ resource, namespace: namespaceOf(item), name: nameOf(item), object: item })
          }
        }
      }
    } catch (error) {
      throw explainList(error, resource, options)
    }
    return infos
  })
  return { ...collected, singleItemImplied: false, targetsSingleItems: false }
}

function explainList(
  error: unknown,
  resource: Resource,
  { labelSelector = '', fieldSelector = '' }: SelectOptions,
): unknown {
  if (!(error instanceof ApiError) || (error.reason !== 'BadRequest' && error.reason !== 'NotFound')) return error
  const mapping = JSON.stringify(`${resource.group}/${resource.version}, Resource=${resource.name}`)
  const message =
    labelSelector === '' && fieldSelector === ''
      ? `Unable to list ${mapping}: ${error.message}`
      : `Unable to find ${mapping} that match label selector ${JSON.stringify(labelSelector)}, field selector ${JSON.stringify(fieldSelector)}: ${error.message}`
  return new ApiError({ ...error.status, message }, { cause: error })
}

async function selectFiles(
  session: Session,
  options: SelectOptions,
  namespace: { readonly name: string; readonly explicit: boolean },
): Promise<Selection> {
  if ((options.words ?? []).length > 0) {
    throw new CommandError(
      'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
    )
  }
  const { readManifests } = await import('./manifests.ts')
  const filenames = options.filenames!
  const [manifests, catalog] = await Promise.all([
    readManifests(session.environment, filenames, options.recursive ?? false),
    options.local ? { groups: [], resources: [] } : session.resources(),
  ])
  const selector = options.labelSelector
    ? (await import('#machinery/meta/label-selector.ts')).parseLabelSelector(options.labelSelector)
    : undefined
  const wanted = selector ? manifests.filter(({ object }) => selector.matches(labelsOf(object))) : manifests
  const collected = await collect(wanted, options, async ({ source, object }) => {
    const resource = options.local ? localResource(object) : await requireKind(session, catalog, source, object)
    if (options.local) return [{ resource, namespace: namespaceOf(object), name: nameOf(object), object, source }]
    const info = { ...place(resource, object, namespace, source), source }
    if (!options.latest || info.name === '') return [info]
    return [
      {
        ...info,
        object: await getObject(
          session,
          { ...info, subresource: options.subresource },
          { accept: options.accept, query: options.query ?? {} },
        ),
      },
    ]
  })
  return {
    ...collected,
    singleItemImplied: filenames.length === 1 && filenames[0] !== '-' && manifests.length === 1,
    targetsSingleItems: true,
  }
}

/** All that an object says of its kind. */
function localResource(object: Json): Resource {
  const [group, version] = splitApiVersion(textAt(object, 'apiVersion'))
  const kind = textAt(object, 'kind')
  return {
    group,
    version,
    kind,
    name: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    namespaced: namespaceOf(object) !== '',
    verbs: [],
    shortNames: [],
    categories: [],
    subresources: [],
  }
}

function labelsOf(object: Json): Readonly<Record<string, string>> {
  return ((object['metadata'] as Json | undefined)?.['labels'] ?? {}) as Readonly<Record<string, string>>
}

/**
 * The kind may be of a definition that an earlier document of the same command has made, so the server is asked again.
 */
async function requireKind(
  session: Session,
  catalog: ResourceCatalog,
  source: string,
  object: Json,
): Promise<Resource> {
  const [apiVersion, kind] = [textAt(object, 'apiVersion'), textAt(object, 'kind')]
  const found = findKind(catalog, apiVersion, kind) ?? findKind(await session.refreshResources(), apiVersion, kind)
  if (found) return found
  const where = source === 'STDIN' ? '"STDIN"' : JSON.stringify(source)
  throw new CommandError(
    `resource mapping not found for name: ${JSON.stringify(nameOf(object))} namespace: ${JSON.stringify(namespaceOf(object))} from ${where}: `
      + `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}\nensure CRDs are installed first`,
  )
}

function place(
  resource: Resource,
  object: Json,
  namespace: { readonly name: string; readonly explicit: boolean },
  _source: string,
): Info {
  const own = namespaceOf(object)
  if (!resource.namespaced) {
    return {
      resource,
      namespace: '',
      name: nameOf(object),
      object: own === '' ? object : withValue(object, ['metadata', 'namespace'], undefined),
    }
  }
  if (own !== '' && namespace.explicit && own !== namespace.name) {
    throw new CommandError(
      `the namespace from the provided object "${own}" does not match the namespace "${namespace.name}". You must pass '--namespace=${own}' to perform this operation.`,
    )
  }
  const placed = own === '' ? withValue(object, ['metadata', 'namespace'], namespace.name) : object
  return { resource, namespace: own || namespace.name, name: nameOf(object), object: placed }
}

/** One after the other, as their order is the order of what is printed; reads of several objects run ahead. */
async function collect<T>(
  items: readonly T[], options: SelectOptions, load: (item: T) => Promise<readonly Info[]>,
): Promise<Pick<Selection, 'infos' | 'errors'>> {
  const infos: Info[] = []
  const errors: unknown[] = []
  for (let start = 0; start < items.length; start += readAhead) {
    const outcomes = await Promise.allSettled(items.slice(start, start + readAhead).map(load))
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') infos.push(...outcome.value)
      else if (options.continueOnError === false) throw outcome.reason
      else errors.push(...(outcome.reason instanceof CombinedError ? outcome.reason.errors : [outcome.reason]))
    }
  }
  return { infos, errors }
}

const readAhead = 16

/** An object's place, for a command that has just read or made it. */
export function infoOf(catalog: ResourceCatalog, object: Json, fallback: Info): Info {
  const [group, version] = splitApiVersion(textAt(object, 'apiVersion') || apiVersionOf(fallback.resource))
  const resource =
    catalog.resources.find(
      (other) => other.group === group && other.version === version && other.kind === textAt(object, 'kind'),
    ) ?? fallback.resource
  return {
    ...fallback,
    resource,
    object,
    name: nameOf(object) || fallback.name,
    namespace: namespaceOf(object) || fallback.namespace,
  }
}
