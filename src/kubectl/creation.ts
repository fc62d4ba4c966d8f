/** What all commands that make an object of a known kind share: dry runs, the request, and what is printed. */
import { decodeValue, encodeJson } from '#machinery/codec/json.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import { usageError, type CommandContext } from './command.ts'
import { CommandError } from './errors.ts'
import { textAt, withValue, type Json } from './fields.ts'
import { dryRunFlag, dryRunSuffix, managerFlag, readDryRun, readValidation, validateFlag } from './flags.ts'
import { lastAppliedOf, withLastApplied } from './last-applied.ts'
import { createObject } from './operations.ts'
import type { FlagSpecifications } from './pflag.ts'
import { operationPrinter, printFlags } from './print/printer.ts'
import { findKind, splitApiVersion } from './resources.ts'

export const creationFlags = {
  ...printFlags, ...dryRunFlag, ...validateFlag, ...managerFlag('kubectl-create'),
  'save-config': { type: 'bool', usage: 'Keep the configuration in an annotation, for a later apply.' },
} satisfies FlagSpecifications

export interface CreationOptions {
  /** Put before the server's message: `failed to create deployment: `. Absent: the server's error as it is. */
  readonly failure?: string
  readonly operation?: string
  /** The namespace of the object even when no flag names it. */
  readonly always?: boolean
}

/** Makes the object, or with a dry run only shows it; gives what the server made of it. */
export async function createAndPrint(
  context: CommandContext,
  object: Json,
  options: CreationOptions = {},
): Promise<Json> {
  const { flags, session, environment } = context
  const dryRun = readDryRun(flags)
  const fieldValidation = readValidation(flags)
  const print = await operationPrinter(context, dryRunSuffix(dryRun), false)
  const namespace = await session.namespace()
  const clusterScoped = clusterKinds.has(textAt(object, 'kind'))
  const placed =
    !clusterScoped && (namespace.explicit || options.always) ? withNamespace(object, namespace.name) : object
  const typed = await completeObject(placed)
  const annotated = flags.bool('save-config') || lastAppliedOf(typed) !== undefined ? withLastApplied(typed) : typed
  if (dryRun === 'client') {
    await environment.output(print(annotated, options.operation ?? 'created'))
    return annotated
  }
  const made = await send(context, annotated, clusterScoped ? '' : namespace.name, options.failure, {
    dryRun: dryRun === 'server', fieldManager: flags.string('field-manager'), fieldValidation,
  })
  await environment.output(print(await completeObject(made), options.operation ?? 'created'))
  return made
}

async function send(
  { session }: CommandContext,
  object: Json,
  namespace: string,
  failure: string | undefined,
  options: { readonly dryRun: boolean; readonly fieldManager: string; readonly fieldValidation: string },
): Promise<Json> {
  const resource = findKind(await session.resources(), textAt(object, 'apiVersion'), textAt(object, 'kind'))
  if (!resource) {
    throw new CommandError(
      `no matches for kind ${JSON.stringify(textAt(object, 'kind'))} in version ${JSON.stringify(textAt(object, 'apiVersion'))}`,
    )
  }
  try {
    return await createObject(session, { resource, namespace, name: '' }, object, options)
  } catch (error) {
    if (failure === undefined || !(error instanceof ApiError)) throw error
    throw new CommandError(`${failure}${error.message}`, { cause: error })
  }
}

const clusterKinds = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'PriorityClass'])

function withNamespace(object: Json, namespace: string): Json {
  return withValue(object, ['metadata', 'namespace'], namespace)
}

/**
 * As Go's types print it: every field that may not be absent has its zero value, in the types' order. Unknown kinds
 * stay as they are.
 */
export async function completeObject(object: Json): Promise<Json> {
  const schema = await schemaOf(textAt(object, 'apiVersion'), textAt(object, 'kind'))
  if (!schema) return object
  const { object: value } = decodeValue(structuredClone(object), schema, { strict: 'Ignore' })
  const text = encodeJson(value, schema)
  const { kind, apiVersion, ...rest } = JSON.parse(text) as Record<string, unknown>
  // A list that the caller leaves out on purpose (null) is not an empty one.
  const nulls = Object.fromEntries(Object.entries(object).filter(([, inner]) => inner === null))
  return { kind, apiVersion, ...rest, ...nulls }
}

/** The schema of a built-in kind; loaded when first needed. */
export async function schemaOf(apiVersion: string, kind: string) {
  const { schemas } = await import('#api/schemas.ts')
  const [group, version] = splitApiVersion(apiVersion)
  return schemas.kind(group, version, kind)
}

/** The one name; throws when there are more or none. Words after `--` are a command and do not count. */
export function requireName(context: CommandContext): string {
  const count = context.dash ?? context.words.length
  if (count !== 1) throw usageError(context, `exactly one NAME is required, got ${count}`)
  return context.words[0]!
}

/** Only when there is something in it. */
export function whenGiven<T>(key: string, value: T | undefined): Json {
  const empty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
    || (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0)
  return empty ? {} : { [key]: value }
}
