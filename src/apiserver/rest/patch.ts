/**
 * PATCH in its four dialects: each gives the new object from the current one; storing it is an update like any other.
 */
import { asGoWrites, withNullsOfGo } from '#api/schemas.ts'
import { writeSortedValue, writeValue } from '#machinery/codec/json-encode.ts'
import { ApiError, badRequest, invalid, unsupportedMediaType } from '#machinery/errors/api-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { applyObject } from '#machinery/patch/apply/apply-object.ts'
import type { ConvertObject } from '#machinery/patch/apply/ownership.ts'
import { applyJsonPatch, unknownJsonPatchFields } from '#machinery/patch/json-patch.ts'
import { isJsonObject, jsonKind, type JsonObject } from '#machinery/patch/json.ts'
import { applyMergePatch } from '#machinery/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '#machinery/patch/strategic-merge-patch.ts'
import { BodyError } from './body-error.ts'
import type { Outcome, RequestScope, RestContext } from './context.ts'
import { objectNotFound } from './create.ts'
import { resetFieldsOf } from './field-managers.ts'
import { toWire } from './forms.ts'
import { conversionFault, formatGoValue } from './go-values.ts'
import { hasOtherVersions, schemaOf, withOwnedVersions } from './owned-versions.ts'
import { alignNamespace, checkName, metadataOf } from './names.ts'
import type { PatchParameters } from './parameters.ts'
import { updateObject, type Update } from './update.ts'

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

export const patchTypes: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** By the content type of the body; throws ApiError 415. Custom resources have no strategic merge. */
export function parsePatchType(contentType: string | undefined, strategic: boolean): PatchType {
  const text = contentType ?? ''
  const type = patchTypes[text.indexOf(';') > 0 ? text.slice(0, text.indexOf(';')) : text]
  if (type !== undefined && (type !== 'strategic' || strategic)) return type
  const accepted = Object.keys(patchTypes).filter((name) => strategic || patchTypes[name] !== 'strategic')
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
}

/** Applies the decoded patch. `strictErrors` are those of decoding the patch itself. */
export async function patchObject(
  context: RestContext,
  scope: RequestScope,
  type: PatchType,
  patch: unknown,
  strictErrors: readonly string[],
  parameters: PatchParameters,
  variation: Partial<Update> = {},
): Promise<Outcome> {
  return await updateObject(
    context,
    scope,
    {
      ...variation,
      apply: async (existing) => {
        const object = type === 'apply'
          ? await applyConfiguration(context, scope, existing, patch, strictErrors, parameters)
          : await patchExisting(context, scope, type, existing, patch, strictErrors, parameters)
        const metadata = metadataOf(object)
        if (existing) {
          alignNamespace(metadata, scope)
          checkName(metadata, scope)
        }
        return object
      },
      forceAllowCreate: type === 'apply' && scope.subresource === '',
    },
    type === 'apply' ? { ...parameters, applied: true } : parameters,
  )
}

async function patchExisting(
  context: RestContext,
  scope: RequestScope,
  type: Exclude<PatchType, 'apply'>,
  existing: Stored<KubeObject> | undefined,
  patch: unknown,
  strictErrors: readonly string[],
  parameters: PatchParameters,
): Promise<KubeObject> {
  if (!existing) throw objectNotFound(scope)
  const current = toWire(scope, existing as KubeObject)
  const patched = applyPatch(context, scope, type, current as JsonObject, patch)
  await scope.pace.pause()
  const errors = type === 'json' ? [...strictErrors, ...unknownJsonPatchFields(patch)] : [...strictErrors]
  return shapePatched(
    context,
    scope,
    patched as KubeObject,
    errors,
    parameters,
    type === 'strategic' ? patch : undefined,
  )
}

export function applyPatch(
  context: RestContext, scope: RequestScope, type: Exclude<PatchType, 'apply'>, current: JsonObject, patch: unknown,
): unknown {
  switch (type) {
    // Paths see what a client sees: null where there is no list.
    case 'json': return applyJsonPatch(asGoWrites(current), patch)
    case 'merge': return applyMergePatch(current, patch)
    case 'strategic': return applyStrategicMergePatch(current, patch, schemaOf(context, scope))
  }
}

/**
 * Decodes the patched value as its kind; a patch that makes an object of it that it cannot be is 422, as upstream has
 * it.
 */
export function shapePatched(
  context: RestContext,
  scope: RequestScope,
  patched: KubeObject,
  errors: readonly string[],
  parameters: PatchParameters,
  strategicPatch?: unknown,
  applied = false,
): KubeObject {
  const fail = (why: string): ApiError =>
    strategicPatch === undefined
      ? invalid({ group: '', resource: '' }, '', [invalidValue('patch', textOf(patched, scope), why)])
      : invalid({ group: '', resource: '' }, '', [
          invalidValue('patch', formatGoValue(strategicPatch), conversionFault(why)),
        ])
  const isCustom = scope.version.custom !== undefined
  // Of a custom resource its validation says whether it still is what it was.
  const typed = isCustom ? patched : { ...patched, kind: scope.kind.kind, apiVersion: scope.apiVersion }
  if (isCustom && !patched.kind) throw fail(`Object 'Kind' is missing in '${writeSortedValue(patched)}'`)
  const mismatch = strategicPatch === undefined && !isCustom ? typeMismatch(context, scope, patched) : undefined
  if (mismatch !== undefined) throw fail(mismatch)
  try {
    const { object, strictErrors } = context.codec.shape(scope.kind, scope.version, typed, applied)
    const all = [...errors, ...strictErrors]
    if (all.length > 0 && parameters.fieldValidation === 'Strict') {
      throw fail(`strict decoding error: ${all.join(', ')}`)
    }
    if (parameters.fieldValidation === 'Warn') for (const error of all) scope.warn(error)
    return object
  } catch (error) {
    if (error instanceof BodyError) throw fail(error.message)
    throw error
  }
}

/** As Go writes it: the keys of what has no type of its own are sorted. */
function textOf(patched: KubeObject, { version }: RequestScope): string {
  return version.custom ? writeSortedValue(patched) : writeValue(patched)
}

/**
 * A patch cannot make another kind of an object: upstream finds that out when it decodes the result. (A strategic merge
 * never looks at the kind again, and so never changes it.)
 */
function typeMismatch(context: RestContext, scope: RequestScope, patched: KubeObject): string | undefined {
  const kind = patched.kind || scope.kind.kind
  const apiVersion = patched.apiVersion || scope.apiVersion
  if (kind === scope.kind.kind && apiVersion === scope.apiVersion) return undefined
  if (!context.kinds.findByKind(apiVersion, kind)) {
    return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`
  }
  return `converting (${apiVersion.slice(apiVersion.indexOf('/') + 1)}.${kind}) to ` +
    `(${scope.kind.group || 'core'}.${scope.kind.kind}): unknown conversion`
}

async function applyConfiguration(
  context: RestContext, scope: RequestScope, existing: Stored<KubeObject> | undefined, patch: unknown,
  strictErrors: readonly string[], parameters: PatchParameters,
): Promise<KubeObject> {
  if (strictErrors.length > 0 && parameters.fieldValidation === 'Strict') {
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${strictErrors.join(', ')}`)
  }
  if (parameters.fieldValidation === 'Warn') {
    // One warning a line, without the line that says that there are several.
    const lines = strictErrors.flatMap((error) => error.split('\n')).filter((line) => line !== 'yaml: unmarshal errors:')
    for (const line of lines) scope.warn(line.trim())
  }
  const live = existing && withNullsOfGo(toWire(scope, existing as KubeObject))
  const apply = (convert?: ConvertObject): KubeObject => applyObject({
    live,
    applied: configurationOf(patch),
    kind: scope.kind.kind,
    force: parameters.force,
    manager: parameters.fieldManager,
    subresource: scope.subresource,
    schema: schemaOf(context, scope),
    apiVersion: scope.apiVersion,
    now: context.clock.now(),
    resetFields: resetFieldsOf(scope),
    ...(convert && { convert }),
  })
  const isMixed = hasOtherVersions(scope, existing?.metadata.managedFields)
  const applied = isMixed ? await withOwnedVersions(context, scope, apply) : apply()
  await scope.pace.pause()
  return shapePatched(context, scope, applied, [], parameters, undefined, true)
}

/** The decoded body of an apply; an empty one is a configuration that says nothing. Throws ApiError 400. */
export function configurationOf(patch: unknown): KubeObject {
  if (patch === null) return {}
  if (isJsonObject(patch)) return patch as KubeObject
  throw badRequest('error decoding YAML: error unmarshaling JSON: while decoding JSON: '
    + `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`)
}
