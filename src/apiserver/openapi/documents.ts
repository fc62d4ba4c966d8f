/** OpenAPI documents: v3 one per group-version, v2 all in one. Pure; made when asked for. */
import type { GroupVersion } from '#machinery/meta/group-version.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { openApiSchema } from './custom-schema.ts'
import {
  definitionsFor,
  metaDefinition,
  openApiV2,
  openApiV3,
  withSiblings,
  type Dialect,
  type Json,
  type JsonObject,
} from './definitions.ts'
import { pathsOf, type PathContext } from './operations.ts'
import { plainDocuments, renderPlainPath, resourcesPath, type PlainPath } from './plain-paths.ts'

/**
 * The OpenAPI v3 schema of a kind that is not in the table (a custom resource) at a version: of the whole object,
 * with apiVersion, kind and
 * metadata. undefined for kinds of the table.
 */
export type CustomSchema = (kind: AnyKind, version: string) => JsonObject | undefined

export interface RenderOptions {
  /** Of the server: `v1.36.0`. */
  readonly serverVersion: string
  readonly customSchema?: CustomSchema
}

const bearerToken = {
  type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header',
} as const

/** `components.schemas` and `paths` of one document: of a group-version, or of paths without kinds. */
export function renderOpenApiV3(
  source: DocumentSource,
  kinds: readonly AnyKind[],
  table: SchemaTable,
  options: RenderOptions,
): JsonObject {
  const content: Content = 'version' in source
    ? { kinds: kindsIn(source, kinds), plain: [resourcesPath(source.group, source.version)], only: source }
    : { kinds: [], plain: [source] }
  const { paths, definitions } = render(openApiV3, content, table, options)
  return {
    openapi: '3.0.0', info: { title: 'Kubernetes', version: options.serverVersion }, paths,
    components: { schemas: definitions, securitySchemes: { BearerToken: bearerToken } },
  }
}

/** `definitions` and `paths` of every kind at every served version. */
export function renderOpenApiV2(kinds: readonly AnyKind[], table: SchemaTable, options: RenderOptions): JsonObject {
  const plain = [...documentsOf(kinds).values()].map((source) =>
    'version' in source ? resourcesPath(source.group, source.version) : source)
  const { paths, definitions } = render(openApiV2, { kinds, plain }, table, options)
  return {
    swagger: '2.0', info: { title: 'Kubernetes', version: options.serverVersion }, paths, definitions,
    securityDefinitions: { BearerToken: bearerToken }, security: [{ BearerToken: [] }],
  }
}

/** What a document of v3 is about. */
export type DocumentSource = GroupVersion | PlainPath

/** Kinds that are served in a group-version. */
export function kindsIn({ group, version }: GroupVersion, kinds: readonly AnyKind[]): readonly AnyKind[] {
  return kinds.filter(
    (kind) => kind.group === group && kind.versions.some((each) => each.version === version && each.served),
  )
}

/** The documents of v3 by upstream's key: `api`, `api/v1`, `apis/apps`, `apis/apps/v1`. */
export function documentsOf(kinds: readonly AnyKind[]): ReadonlyMap<string, DocumentSource> {
  const found = new Map<string, DocumentSource>(plainDocuments(kinds.map(({ group }) => group)))
  for (const { group, versions } of kinds) {
    for (const { version, served } of versions) {
      if (served) found.set(group === '' ? `api/${version}` : `apis/${group}/${version}`, { group, version })
    }
  }
  return new Map([...found].toSorted(([left], [right]) => left < right ? -1 : 1))
}

/** What a document is made of. */
interface Content {
  readonly kinds: readonly AnyKind[]
  readonly plain: readonly PlainPath[]
  /** Absent: every version of the kinds. */
  readonly only?: GroupVersion
}

function render(
  dialect: Dialect,
  { kinds, plain, only }: Content,
  table: SchemaTable,
  options: RenderOptions,
): { readonly paths: JsonObject; readonly definitions: JsonObject } {
  const custom = new Map<string, JsonObject>()
  const context: PathContext = {
    dialect, table, used: new Set(),
    definitionOf: ({ group, version, kind }) => {
      const name = customName(group, version, kind)
      return custom.has(name) ? name : undefined
    },
  }
  const served = kinds.flatMap((kind) =>
    kind.versions
      .filter(
        ({ version, served: isServed }) =>
          isServed && (!only || (only.group === kind.group && only.version === version)),
      )
      .map(({ version }) => ({ kind, version })),
  )
  for (const { kind, version } of served) addCustom(custom, kind, version, dialect, options)
  const paths: Record<string, Json> = {}
  for (const each of plain) paths[each.path] = renderPlainPath(each, context)
  for (const { kind, version } of served) Object.assign(paths, pathsOf(kind, version, context))
  const roots = [...context.used].filter((name) => !custom.has(name))
  if (custom.size > 0) {
    roots.push('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta')
  }
  return {
    paths: Object.fromEntries(Object.entries(paths).toSorted(([left], [right]) => (left < right ? -1 : 1))),
    definitions: { ...definitionsFor(roots, table, dialect), ...Object.fromEntries(custom) },
  }
}

/** Upstream's rule: the group's parts turned around, then version and kind. */
function customName(group: string, version: string, kind: string): string {
  return [...group.split('.').toReversed(), version, kind].join('.')
}

function addCustom(
  custom: Map<string, JsonObject>,
  kind: AnyKind,
  version: string,
  dialect: Dialect,
  options: RenderOptions,
): void {
  const given = options.customSchema?.(kind, version)
  if (!given) return
  // Of an object that may hold anything, readers of v2 are told nothing.
  const isOpen = dialect.version === 2 && given['x-kubernetes-preserve-unknown-fields'] === true
  const schema = openApiSchema(given, dialect.version)
  const { group } = kind
  const name = customName(group, version, kind.kind)
  const gvk = (of: string): Json => [{ group, version, kind: of }]
  const meta = (of: string, description: string): JsonObject =>
    withSiblings({ $ref: dialect.prefix + metaDefinition(of) }, dialect, { description })
  const types: JsonObject = {
    // Clients know these descriptions by how they begin.
    apiVersion: { type: 'string', description: 'APIVersion defines group and version of this form of the object.' },
    kind: { type: 'string', description: 'What the object is, in CamelCase; it cannot be changed.' },
  }
  const properties = (schema['properties'] ?? {}) as JsonObject
  const fields = kind.versions.find((each) => each.version === version)?.custom?.selectableFields ?? []
  const selectable = fields.length === 0 ? {}
    : { 'x-kubernetes-selectable-fields': fields.map((fieldPath) => ({ fieldPath })) }
  const metadata = meta('ObjectMeta', "Standard object's metadata: its name, labels and the like.")
  custom.set(name, isOpen ? { type: 'object', 'x-kubernetes-group-version-kind': gvk(kind.kind) } : {
    ...schema,
    type: 'object',
    properties: { ...properties, ...types, metadata },
    'x-kubernetes-group-version-kind': gvk(kind.kind),
    ...selectable,
  })
  custom.set(customName(group, version, kind.listKind), {
    description: `A list of ${kind.kind} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      ...types,
      metadata: meta('ListMeta', "The list's own metadata."),
      items: { type: 'array', description: `The ${kind.kind} objects.`, items: { $ref: dialect.prefix + name } },
    },
    'x-kubernetes-group-version-kind': gvk(kind.listKind),
    ...selectable,
  })
}
