/** Query parameters of the REST verbs, read and checked as upstream's ParameterCodec does. */
import { badRequest, invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, notSupported, quoteGo, required } from '#machinery/errors/field-errors.ts'
import { validateFieldManager } from '#machinery/meta/validate-object-meta.ts'
import { parseBoolParameter } from '../request-info.ts'
import type { WriteParameters } from './context.ts'
import { deleteParametersOf, type DeleteParameters, type GivenDeleteOptions } from './delete.ts'
import type { ListParameters } from './list.ts'
import type { WatchParameters } from './watch.ts'

const noParameters: ListParameters = {
  labelSelector: '', fieldSelector: '', resourceVersion: '', resourceVersionMatch: '', limit: 0, continue: '',
}

export function parseListParameters(query: string): ListParameters {
  if (query === '') return noParameters
  return readList(new URLSearchParams(query))
}

export function parseWatchParameters(query: string): WatchParameters {
  const values = new URLSearchParams(query)
  return {
    ...readList(values),
    allowWatchBookmarks: parseBoolParameter(values.get('allowWatchBookmarks')),
    timeoutSeconds: integer(values, 'timeoutSeconds'),
  }
}

function readList(values: URLSearchParams): ListParameters {
  // A list has no use for it, and refuses what is no number nevertheless.
  integer(values, 'timeoutSeconds')
  return {
    labelSelector: values.get('labelSelector') ?? '',
    fieldSelector: values.get('fieldSelector') ?? '',
    resourceVersion: values.get('resourceVersion') ?? '',
    resourceVersionMatch: values.get('resourceVersionMatch') ?? '',
    // Less than nothing is no limit.
    limit: Math.max(0, integer(values, 'limit') ?? 0),
    continue: values.get('continue') ?? '',
    ...(values.has('sendInitialEvents') && { sendInitialEvents: parseBoolParameter(values.get('sendInitialEvents')) }),
  }
}

export type WriteVerb = 'create' | 'update' | 'patch' | 'apply'

const optionsKinds: Readonly<Record<WriteVerb, string>> = {
  create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions', apply: 'PatchOptions',
}

export interface PatchParameters extends WriteParameters {
  readonly force: boolean
}

/** Throws ApiError 422 in the words of the verb's own options kind. */
export function parseWriteParameters(query: string, verb: WriteVerb): PatchParameters {
  if (query === '' && verb !== 'apply') return defaultWrite
  const values = new URLSearchParams(query)
  const dryRun = values.getAll('dryRun')
  const fieldManager = values.get('fieldManager') ?? ''
  const fieldValidation = values.get('fieldValidation') ?? ''
  const errors: FieldError[] = []
  if (verb === 'apply' && fieldManager === '') errors.push(required('fieldManager', 'is required for apply patch'))
  if (verb === 'patch' && values.has('force')) {
    errors.push(forbiddenValue('force', 'may not be specified for non-apply patch'))
  }
  errors.push(...validateFieldManager(fieldManager, 'fieldManager'), ...validateDryRun(dryRun))
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation)) {
    errors.push(notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']))
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', resource: optionsKinds[verb] }, '', errors)
  return {
    dryRun: dryRun.length > 0, fieldManager, force: parseBoolParameter(values.get('force')),
    fieldValidation: (fieldValidation || 'Warn') as WriteParameters['fieldValidation'],
  }
}

const defaultWrite: PatchParameters = { dryRun: false, fieldManager: '', fieldValidation: 'Warn', force: false }

/** DeleteOptions from the body, or from the query when there is no body. */
export function parseDeleteParameters(query: string, body: GivenDeleteOptions | undefined): DeleteParameters {
  const values = new URLSearchParams(query)
  const fromQuery = {
    gracePeriodSeconds: integer(values, 'gracePeriodSeconds'),
    propagationPolicy: values.get('propagationPolicy') ?? undefined,
    orphanDependents: values.has('orphanDependents') ? parseBoolParameter(values.get('orphanDependents')) : undefined,
    dryRun: values.getAll('dryRun'),
  }
  const options: GivenDeleteOptions = body ?? fromQuery
  const errors = validateDryRun(options.dryRun ?? [])
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', resource: 'DeleteOptions' }, '', errors)
  return deleteParametersOf(options)
}

function validateDryRun(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])]
}

/** A decimal int64; absent: undefined. What a double cannot hold is cut to what it can. */
function integer(values: URLSearchParams, name: string): number | undefined {
  const text = values.get(name)
  if (text === null) return undefined
  if (!/^[+-]?[0-9]+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${quoteGo(text)}: invalid syntax`)
  const value = BigInt(text)
  if (value >= 2n ** 63n || value < -(2n ** 63n)) {
    throw badRequest(`strconv.ParseInt: parsing ${quoteGo(text)}: value out of range`)
  }
  return Number(value)
}
