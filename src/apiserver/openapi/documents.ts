/** OpenAPI documents: v3 one per group-version, v2 all in one. Pure; made when asked for. */
import type { GroupVersion } from '#machinery/meta/group-version.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { openApiSchema } from './custom-schema.ts'
import { definitionsFor, openApiV2, openApiV3, type Dialect, type Json, type JsonObject } from './definitions.ts'
import { pathsOf, type PathContext } from './operations.ts'

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

/** `components.schemas` and `paths` of one group-version. */
export function renderOpenApiV3(
  groupVersion: GroupVersion,
  kinds: readonly AnyKind[],
  table: SchemaTable,
  options: RenderOptions,
): JsonObject {
  const { paths, definitions } = render(openApiV3, kindsIn(groupVersion, kinds), table, options, [groupVersion])
  return {
    openapi: '3.0.0', info: { title: 'Kubernetes', version: options.serverVersion }, paths,
    components: {
      schemas: definitions,
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  }
}

/** `definitions` and `paths` of every kind at every served version. */
export function renderOpenApiV2(kinds: readonly AnyKind[], table: SchemaTable, options: RenderOptions): JsonObject {
  const { paths, definitions } = render(openApiV2, kinds, table, options, undefined)
  return { swagger: '2.0', info: { title: 'Kubernetes', version: options.serverVersion }, paths, definitions }
}

/** Kinds that are served in a group-version. */
export function kindsIn({ group, version }: GroupVersion, kinds: readonly AnyKind[]): readonly AnyKind[] {
  return kinds.filter(
    (kind) => kind.group === group && kind.versions.some((each) => each.version === version && each.served),
  )
}

/** Group-versions that have a document, by upstream's key: `api/v1`, `apis/apps/v1`. */
export function groupVersionsOf(kinds: readonly AnyKind[]): ReadonlyMap<string, GroupVersion> {
  const found = new Map<string, GroupVersion>()
  for (const { group, versions } of kinds) {
    for (const { version, served } of versions) {
      if (served) found.set(group === '' ? `api/${version}` : `apis/${group}/${version}`, { group, version })
    }
  }
  return new Map([...found].toSorted(([left], [right]) => left < right ? -1 : 1))
}

function render(
  dialect: Dialect,
  kinds: readonly AnyKind[],
  table: SchemaTable,
  options: RenderOptions,
  only: readonly GroupVersion[] | undefined,
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
          isServed && (!only || only.some((each) => each.group === kind.group && each.version === version)),
      )
      .map(({ version }) => ({ kind, version })),
  )
  for (const { kind, version } of served) addCustom(custom, kind, version, dialect, options)
  const paths: Record<string, Json> = {}
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
  const meta = (of: string): JsonObject => ({ $ref: `${dialect.prefix}io.k8s.apimachinery.pkg.apis.meta.v1.${of}` })
  const text: JsonObject = { type: 'string' }
  const properties = (schema['properties'] ?? {}) as JsonObject
  custom.set(name, isOpen ? { type: 'object', 'x-kubernetes-group-version-kind': gvk(kind.kind) } : {
    ...schema,
    type: 'object',
    properties: { ...properties, apiVersion: text, kind: text, metadata: meta('ObjectMeta') },
    'x-kubernetes-group-version-kind': gvk(kind.kind),
  })
  custom.set(customName(group, version, kind.listKind), {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: text,
      kind: text,
      metadata: meta('ListMeta'),
      items: { type: 'array', items: { $ref: dialect.prefix + name } },
    },
    'x-kubernetes-group-version-kind': gvk(kind.listKind),
  })
}
