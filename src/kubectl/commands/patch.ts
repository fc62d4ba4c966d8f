/** kubectl patch: by a strategic merge, JSON merge or JSON patch. */
import { deepEqual } from '#base/deep-equal.ts'
import { decodeYamlValue, YamlError } from '#machinery/codec/yaml.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import { applyJsonPatch } from '#machinery/patch/json-patch.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError, throwCollected } from '../errors.ts'
import type { Json } from '../fields.ts'
import { dryRunFlag, fileFlags, managerFlag, readDryRun } from '../flags.ts'
import { patchObject } from '../operations.ts'
import { applyLocally } from '../patching.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { operationPrinter, printFlags } from '../print/printer.ts'
import { apiVersionOf } from '../resources.ts'
import { select, type Info } from '../selection.ts'

const kinds = ['json', 'merge', 'strategic'] as const
type Kind = typeof kinds[number]

const contentTypes: Readonly<Record<Kind, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

const flags = {
  ...printFlags, ...fileFlags, ...dryRunFlag, ...managerFlag('kubectl-patch'),
  local: { type: 'bool', usage: 'Only change what the files have, without asking the server.' },
  patch: { type: 'string', shorthand: 'p', usage: 'The patch, in JSON or YAML.' },
  'patch-file': { type: 'string', usage: 'A file with the patch.' },
  subresource: { type: 'string', usage: 'Patch this subresource.' },
  type: { type: 'string', default: 'strategic', usage: 'json, merge or strategic.' },
} satisfies FlagSpecifications

export const patch: Command = {
  summary: 'Update fields of a resource',
  usage: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  flags,
  async run(context) {
    const { flags: given, session, environment, words } = context
    const dryRun = readDryRun(given)
    // Upstream does not say here that it was a dry run.
    await operationPrinter(context)
    const kind = readKind(context)
    const value = await readPatch(context)
    const local = given.bool('local') || dryRun === 'client'
    const selection = await select(session, {
      words,
      filenames: given.list('filename'),
      recursive: given.bool('recursive'),
      local: given.bool('local'),
      subresource: given.string('subresource'),
    })
    const errors = [...selection.errors]
    for (const info of selection.infos) {
      try {
        const result = local
          ? await patchLocally(info, kind, value)
          : await patchOnServer(context, info, kind, value, dryRun === 'server')
        const print = await operationPrinter(context)
        await environment.output(print(result, deepEqual(info.object, result) ? 'patched (no change)' : 'patched'))
      } catch (error) {
        errors.push(error)
      }
    }
    throwCollected(errors)
    if (selection.infos.length === 0) throw new CommandError('no objects passed to patch')
  },
}

function readKind({ flags: given, words }: CommandContext): Kind {
  const [text, file, type] = [given.string('patch'), given.string('patch-file'), given.string('type').toLowerCase()]
  if (text !== '' && file !== '') throw new CommandError('cannot specify --patch and --patch-file together')
  if (text === '' && file === '') {
    throw new CommandError('must specify --patch or --patch-file containing the contents of the patch')
  }
  if (given.bool('local') && words.length > 0) throw new CommandError('cannot specify --local and server resources')
  if (given.bool('local') && given.string('dry-run') === 'server') {
    throw new CommandError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?')
  }
  const kind = kinds.find((known) => known === type)
  if (!kind) {
    throw new CommandError(`--type must be one of [${kinds.join(' ')}], not ${JSON.stringify(given.string('type'))}`)
  }
  return kind
}

async function readPatch({ flags: given, environment }: CommandContext): Promise<unknown> {
  let text: string | Uint8Array = given.string('patch')
  const file = given.string('patch-file')
  if (file !== '') {
    const bytes = await environment.files.read(file)
    if (!bytes) throw new CommandError(`unable to read patch file: open ${file}: no such file or directory`)
    text = bytes
  }
  const plain = typeof text === 'string' ? text : new TextDecoder().decode(text)
  // What looks like JSON is the server's to judge.
  if (/^\s*\{/.test(plain) && !isJson(plain)) return plain
  try {
    return decodeYamlValue(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new CommandError(`unable to parse ${JSON.stringify(given.string('patch'))}: ${error.message}`, {
      cause: error,
    })
  }
}

async function patchOnServer(
  { flags: given, session }: CommandContext,
  info: Info,
  kind: Kind,
  value: unknown,
  dryRun: boolean,
): Promise<Json> {
  const target = { ...info, subresource: given.string('subresource') || undefined }
  try {
    return await patchObject(session, target, kind, value, { dryRun, fieldManager: given.string('field-manager') })
  } catch (error) {
    if (!isReason(error, 'UnsupportedMediaType')) throw error
    const { resource } = info
    throw new CommandError(
      `${contentTypes[kind]} is not supported by ${apiVersionOf(resource)}, Kind=${resource.kind}: ${error.message}`,
      { cause: error },
    )
  }
}

async function patchLocally({ object, resource }: Info, kind: Kind, value: unknown): Promise<Json> {
  if (kind === 'json') return applyJsonPatch(object, value) as Json
  try {
    return await applyLocally(object, { kind, patch: value as Json })
  } catch (error) {
    if (kind !== 'strategic' || !isReason(error, 'BadRequest') || !error.message.includes('not supported')) throw error
    throw new CommandError(
      `strategic merge patch is not supported for ${apiVersionOf(resource)}, Kind=${resource.kind} locally, try --type merge`,
      { cause: error },
    )
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
