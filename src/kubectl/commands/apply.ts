/** kubectl apply: three-way by the configuration applied last, or on the server. */
import { encodeUnstructured } from '#machinery/codec/json.ts'
import { encodeYamlValue } from '#machinery/codec/yaml.ts'
import { ApiError, isReason } from '#machinery/errors/api-error.ts'
import { PatchConflict } from '#machinery/patch/create-strategic-merge-patch.ts'
import type { Command, CommandContext } from '../command.ts'
import { deletionFlags, effectiveGrace, readCascade, waitUntilGone } from '../deleting.ts'
import { CommandError, plainMessage, throwCollected, whileDoing } from '../errors.ts'
import { isObject, itemsIn, textAt, withValue, type Json } from '../fields.ts'
import {
  dryRunFlag,
  dryRunSuffix,
  fileFlags,
  readDryRun,
  readValidation,
  selectorFlag,
  validateFlag,
  type DryRun,
} from '../flags.ts'
import { configurationText, lastAppliedAnnotation, lastAppliedOf, withLastApplied } from '../last-applied.ts'
import { createObject, deleteObject, findObject, getObject, patchObject } from '../operations.ts'
import { applyLocally, planApply, type Patch } from '../patching.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { formatJson } from '../print/json.ts'
import { makePrinter, operationPrinter, printFlags } from '../print/printer.ts'
import { select, type Info } from '../selection.ts'

const flags = {
  ...printFlags, ...fileFlags, ...selectorFlag, ...dryRunFlag, ...validateFlag, ...deletionFlags,
  all: { type: 'bool', usage: 'Accepted for compatibility.' },
  'field-manager': {
    type: 'string',
    default: 'kubectl-client-side-apply',
    usage: 'Name of the manager that owns the fields.',
  },
  'force-conflicts': { type: 'bool', usage: 'With --server-side: take fields over that others manage.' },
  'openapi-patch': { type: 'bool', default: 'true', usage: 'Accepted for compatibility.' },
  overwrite: { type: 'bool', default: 'true', usage: 'Overwrite changes of others with the applied values.' },
  'server-side': { type: 'bool', usage: 'Apply on the server.' },
  subresource: { type: 'string', usage: 'With --server-side: apply to this subresource.' },
} satisfies FlagSpecifications

interface Application {
  readonly dryRun: DryRun
  readonly fieldManager: string
  readonly fieldValidation: string
  readonly print: (object: Json, operation: string) => string
}

export const apply: Command = {
  summary: 'Apply a configuration to a resource by file name or stdin',
  usage: '(-f FILENAME)',
  flags,
  subcommands: {
    'view-last-applied': {
      summary: 'View the latest last-applied-configuration annotations of a resource or object',
      usage: '(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
      flags: {
        ...fileFlags,
        ...selectorFlag,
        all: { type: 'bool', usage: 'All objects of the type.' },
        output: { type: 'string', shorthand: 'o', default: 'yaml', usage: 'json or yaml.' },
      },
      run: viewLastApplied,
    },
  },
  async run(context) {
    const { flags: given, session } = context
    checkFlags(context)
    const serverSide = given.bool('server-side')
    const dryRun = readDryRun(given)
    const fieldManager = serverSide && !given.changed('field-manager') ? 'kubectl' : given.string('field-manager')
    const fieldValidation = readValidation(given)
    const listed = await makePrinter(context)
    const collected: Json[] = []
    const print = listed && given.string('output') !== 'name'
      ? (object: Json): string => { collected.push(object); return '' }
      : await operationPrinter(context, dryRunSuffix(dryRun))
    const selection = await select(session, {
      filenames: given.list('filename'), recursive: given.bool('recursive'), labelSelector: given.string('selector'),
    })
    if (selection.infos.length === 0 && selection.errors.length === 0) {
      throw new CommandError('no objects passed to apply')
    }
    const errors = [...selection.errors]
    for (const info of selection.infos) {
      try {
        await (serverSide ? applyOnServer : applyOne)(context, info, { dryRun, fieldManager, fieldValidation, print })
      } catch (error) {
        errors.push(error)
      }
    }
    if (listed && collected.length > 0) await context.environment.output(listed(asOne(collected)))
    throwCollected(errors)
  },
}

function asOne(objects: readonly Json[]): Json {
  return objects.length === 1 ? objects[0]! : { apiVersion: 'v1', items: objects, kind: 'List', metadata: {} }
}

function checkFlags({ flags: given, words, path }: CommandContext): void {
  if (words.length > 0) {
    throw new CommandError(`Unexpected args: [${words.join(' ')}]\nSee '${path} -h' for help and examples`)
  }
  if (given.list('filename').length === 0) throw new CommandError('must specify one of -f and -k')
  const serverSide = given.bool('server-side')
  if (given.bool('force-conflicts') && !serverSide) {
    throw new CommandError('--force-conflicts only works with --server-side')
  }
  if (given.string('dry-run') === 'client' && serverSide) {
    throw new CommandError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
  }
  if (given.bool('force') && serverSide) throw new CommandError('--force cannot be used with --server-side')
  if (given.string('dry-run') === 'server' && given.bool('force')) {
    throw new CommandError('--dry-run=server cannot be used with --force')
  }
  if (given.string('subresource') !== '' && !serverSide) {
    throw new CommandError('--subresource can only be specified for --server-side')
  }
}

function refuseGeneratedName(info: Info): void {
  const prefix = textAt(info.object, 'metadata', 'generateName')
  if (info.name === '' && prefix !== '') throw new CommandError(`from ${prefix}: cannot use generate name with apply`)
}

async function applyOne(
  context: CommandContext,
  info: Info,
  { dryRun, print, ...options }: Application,
): Promise<void> {
  const { session, environment } = context
  refuseGeneratedName(info)
  const modified = withLastApplied(info.object)
  const current = await findObject(session, info).catch((error: unknown) => {
    throw whileDoing('retrieving current configuration of', info.source, error)
  })
  const writing = { ...options, dryRun: dryRun === 'server' }
  if (!current) {
    const wanted = withoutNulls(modified) as Json
    const made = dryRun === 'client' ? wanted : await createObject(session, info, wanted, writing)
      .catch((error: unknown) => { throw whileDoing('creating', info.source, error) })
    return await environment.output(print(made, 'created'))
  }
  if (lastAppliedOf(current) === undefined) {
    environment.error(
      `Warning: resource ${info.resource.name}/${info.name} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    )
  }
  const { patch, object } =
    dryRun === 'client'
      ? await patchLocally(context, current, modified)
      : await patchWithRetries(context, info, current, modified, writing)
  if (textAt(object, 'metadata', 'deletionTimestamp') !== '') {
    environment.error(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`)
  }
  await environment.output(print(object, Object.keys(patch).length === 0 ? 'unchanged' : 'configured'))
}

interface Outcome {
  readonly patch: Json
  readonly object: Json
}

async function patchLocally(context: CommandContext, current: Json, modified: Json): Promise<Outcome> {
  const plan = await planApply(current, modified, context.flags.bool('overwrite'))
  return {
    patch: plan.patch,
    object: Object.keys(plan.patch).length === 0 ? current : await applyLocally(current, plan),
  }
}

const retries = 5

/** Another writer may come between reading and patching; then it is read again. */
async function patchWithRetries(
  context: CommandContext, info: Info, first: Json, modified: Json,
  options: { readonly dryRun: boolean; readonly fieldManager: string; readonly fieldValidation: string },
): Promise<Outcome> {
  const { session, environment, flags: given } = context
  let current = first
  for (let attempt = 0; ; attempt++) {
    const plan = await planOrExplain(current, modified, given.bool('overwrite'), info)
    if (Object.keys(plan.patch).length === 0) return { patch: plan.patch, object: current }
    try {
      return { patch: plan.patch, object: await patchObject(session, info, plan.kind, plan.patch, options) }
    } catch (error) {
      if (isReason(error, 'Conflict') && attempt < retries) {
        if (attempt > 0) await environment.clock.sleep(1000, environment.signal)
        current = await getObject(session, info)
      } else if (given.bool('force') && (isReason(error, 'Conflict') || isReason(error, 'Invalid'))) {
        return { patch: modified, object: await recreate(context, info, modified, options) }
      } else {
        throw whileDoing(
          `applying patch:\n${encodeUnstructured(plan.patch)}\nto:\n${describeInfo(info)}\nfor:`,
          info.source,
          whileDoing('patching', info.source, error),
        )
      }
    }
  }
}

async function planOrExplain(current: Json, modified: Json, overwrite: boolean, info: Info): Promise<Patch> {
  try {
    return await planApply(current, modified, overwrite)
  } catch (error) {
    if (!(error instanceof PatchConflict)) throw whileDoing('creating patch', info.source, error)
    throw whileDoing(
      `applying patch:\n\nto:\n${describeInfo(info)}\nfor:`,
      info.source,
      new CommandError(plainMessage(error), { cause: error }),
    )
  }
}

function describeInfo({ resource, name, namespace }: Info): string {
  const gv = `${resource.group}/${resource.version}`
  return `Resource: "${gv}, Resource=${resource.name}", GroupVersionKind: "${gv}, Kind=${resource.kind}"\nName: ${JSON.stringify(name)}, Namespace: ${JSON.stringify(namespace)}`
}

async function recreate(
  context: CommandContext,
  info: Info,
  modified: Json,
  options: { readonly fieldManager: string; readonly fieldValidation: string },
): Promise<Json> {
  const { session, flags: given } = context
  const grace = effectiveGrace(given.int('grace-period'), true)
  const answer = await deleteObject(session, info, {
    gracePeriodSeconds: grace,
    propagationPolicy: readCascade(given.string('cascade')),
  })
  const timeout = given.duration('timeout')
  await waitUntilGone(context, info, textAt(answer, 'details', 'uid') || textAt(answer, 'metadata', 'uid'),
    timeout === 0 ? undefined : context.environment.clock.monotonic() + timeout)
  return await createObject(session, info, modified, options)
}

async function applyOnServer(
  context: CommandContext,
  info: Info,
  { dryRun, print, ...options }: Application,
): Promise<void> {
  const { session, environment, flags: given } = context
  refuseGeneratedName(info)
  const target = { ...info, subresource: given.string('subresource') || undefined }
  const force = given.bool('force-conflicts')
  const patchIt = (): Promise<Json> =>
    patchObject(session, target, 'apply', info.object, { ...options, dryRun: dryRun === 'server', force })
  let object: Json
  try {
    object = await patchIt()
  } catch (error) {
    if (!isReason(error, 'Conflict')) throw error
    throw new CommandError(`${error.message}\n${conflictAdvice}`, { cause: error })
  }
  if (lastAppliedOf(object) !== undefined && dryRun === 'none') {
    const text = configurationText(info.object)
    const annotation = withValue({}, ['metadata', 'annotations', lastAppliedAnnotation], text)
    object = await patchObject(session, target, 'merge', annotation, {
      ...options,
      fieldManager: 'kubectl-last-applied',
    })
  }
  if (textAt(object, 'metadata', 'deletionTimestamp') !== '') {
    environment.error(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`)
  }
  await environment.output(print(object, 'serverside-applied'))
}

const conflictAdvice = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  )
}

async function viewLastApplied(context: CommandContext): Promise<void> {
  const { flags: given, session, words, environment } = context
  const output = given.string('output')
  if (output !== 'yaml' && output !== 'json') {
    throw new CommandError(
      `Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json\nSee '${context.path} -h' for help and examples`,
    )
  }
  const { infos, errors } = await select(session, {
    words,
    filenames: given.list('filename'),
    recursive: given.bool('recursive'),
    labelSelector: given.string('selector'),
    all: given.bool('all'),
    latest: true,
  })
  for (const object of infos.flatMap((info) => itemsIn(info.object) ?? [info.object])) {
    const text = lastAppliedOf(object)
    // Upstream says nothing of objects that were never applied, unless they come from a file.
    if (text === undefined) continue
    const value = JSON.parse(text) as unknown
    await environment.output(output === 'json' ? `${formatJson(value, '  ')}\n` : encodeYamlValue(value))
  }
  if (errors.length > 0 && errors[0] instanceof ApiError) throw errors[0]
  throwCollected(errors)
}
