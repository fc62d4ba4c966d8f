/** kubectl edit: opens objects in the user's editor, and sends what was changed. */
import { decodeYamlValue, encodeYamlValue, YamlError } from '#machinery/codec/yaml.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError, messageForError, throwCollected } from '../errors.ts'
import { isObject, textAt, type Json } from '../fields.ts'
import { fileFlags, managerFlag, readValidation, selectorFlag, validateFlag } from '../flags.ts'
import { patchObject } from '../operations.ts'
import { planChange } from '../patching.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { formatJson } from '../print/json.ts'
import { operationPrinter, printFlags, withoutManagedFields } from '../print/printer.ts'
import { select, type Info } from '../selection.ts'

const flags = {
  ...printFlags, ...fileFlags, ...selectorFlag, ...validateFlag, ...managerFlag('kubectl-edit'),
  subresource: { type: 'string', usage: 'Edit this subresource.' },
} satisfies FlagSpecifications

const header = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`

export const edit: Command = {
  summary: 'Edit a resource on the server',
  usage: '(RESOURCE/NAME | -f FILENAME)',
  flags,
  async run(context) {
    const { flags: given, session, words } = context
    const { infos, errors } = await select(session, {
      words,
      filenames: given.list('filename'),
      recursive: given.bool('recursive'),
      labelSelector: given.string('selector'),
      emptySelectsAll: true,
      latest: true,
      subresource: given.string('subresource'),
    })
    throwCollected(errors)
    if (infos.length === 0) throw new CommandError('edit cancelled, no objects found')
    for (const info of infos) await editOne(context, info)
  },
}

const maxAttempts = 20

/** What the server refuses is opened again, with the reason above it. */
async function editOne(context: CommandContext, info: Info): Promise<void> {
  const { environment, flags: given } = context
  const json = given.string('output') === 'json'
  const shown = given.bool('show-managed-fields') ? info.object : withoutManagedFields(info.object)
  const original = json ? `${formatJson(shown)}\n` : encodeYamlValue(shown)
  let text = original
  let problem = ''
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const comment = problem === '' ? header : `${header}${problem.split('\n').map((line) => `# ${line}\n`).join('')}#\n`
    const edited = await openEditor(context, comment + text, json ? 'json' : 'yaml')
    if (edited.trim() === '') return environment.error('Edit cancelled, saved file was empty.\n')
    if (edited === text) {
      return environment.error(
        problem === '' ? 'Edit cancelled, no changes made.\n' : 'Edit cancelled, no valid changes were saved.\n',
      )
    }
    text = edited
    try {
      return await save(context, info, shown, parse(edited))
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof CommandError)) throw error
      problem = messageForError(error)
      environment.error(`error: ${info.resource.name} ${JSON.stringify(info.name)} could not be patched: ${problem}\n`)
    }
  }
  throw new CommandError(`gave up after ${maxAttempts} attempts`)
}

function parse(text: string): Json {
  try {
    const value = decodeYamlValue(text)
    if (isObject(value)) return value
    throw new CommandError("The edited file had a syntax error: error parsing edited-file: it is not an object")
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new CommandError(`The edited file had a syntax error: error parsing edited-file: ${error.message}`, {
      cause: error,
    })
  }
}

async function save(
  { flags: given, session, environment, ...context }: CommandContext,
  info: Info,
  before: Json,
  after: Json,
): Promise<void> {
  for (const field of ['apiVersion', 'kind'] as const) {
    if (textAt(before, field) !== textAt(after, field)) {
      throw new CommandError('At least one of apiVersion, kind and name was changed')
    }
  }
  if (textAt(before, 'metadata', 'name') !== textAt(after, 'metadata', 'name')) {
    throw new CommandError('At least one of apiVersion, kind and name was changed')
  }
  const { kind, patch } = await planChange(before, after)
  if (Object.keys(patch).length === 0) return environment.error(`${info.resource.name}/${info.name} skipped\n`)
  const target = { ...info, subresource: given.string('subresource') || undefined }
  const result = await patchObject(session, target, kind, patch, {
    fieldManager: given.string('field-manager'),
    fieldValidation: readValidation(given),
  })
  const print = await operationPrinter({ flags: given, session, environment, ...context })
  await environment.output(print(result, 'edited'))
}

/** Gives what is in the file when the editor ends, without comment lines. */
async function openEditor({ environment }: CommandContext, text: string, extension: string): Promise<string> {
  const { variables } = environment
  const editor = variables['KUBE_EDITOR'] || variables['EDITOR'] || 'vi'
  const path = await environment.temporaryFile(`kubectl-edit.${extension}`, new TextEncoder().encode(text))
  // Editors are named with their arguments: `code --wait`.
  const code = await environment.run('sh', ['-c', `${editor} "$1"`, 'sh', path])
  if (code === undefined || code === 127) {
    throw new CommandError(`unable to launch the editor ${JSON.stringify(editor)}`)
  }
  if (code !== 0) throw new CommandError(`there was a problem with the editor ${JSON.stringify(editor)}`)
  const bytes = await environment.files.read(path)
  return new TextDecoder()
    .decode(bytes ?? new Uint8Array())
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
}
