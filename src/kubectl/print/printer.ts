/** Prints objects in the form that -o names: json, yaml, name, jsonpath, custom columns, or what the command did. */
import type { CommandContext } from '../command.ts'
import { CommandError } from '../errors.ts'
import { at, isObject, itemsIn, nameOf, textAt, withValue, type Json } from '../fields.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { splitApiVersion } from '../resources.ts'
import { formatJson } from './json.ts'

/** Gives the text for one object, whole with its line feed. */
export type ObjectPrinter = (object: Json) => string

export const printFlags = {
  output: {
    type: 'string',
    shorthand: 'o',
    usage:
      'Output format: json, yaml, name, jsonpath, jsonpath-as-json, jsonpath-file, custom-columns, custom-columns-file, wide.',
  },
  template: { type: 'string', usage: 'Template for -o jsonpath and -o custom-columns.' },
  'show-managed-fields': { type: 'bool', usage: 'Keep managedFields when printing objects in JSON or YAML format.' },
  'allow-missing-template-keys': { type: 'bool', default: 'true', usage: 'Ignore missing fields in templates.' },
} satisfies FlagSpecifications

const writerFormats = ['json', 'yaml', 'kyaml', 'name'] as const
const templateFormats = [
  'go-template',
  'go-template-file',
  'template',
  'templatefile',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
] as const

/** `-o FORMAT=ARGUMENT`. */
export function splitOutput(context: CommandContext): { readonly format: string; readonly argument: string } {
  const output = context.flags.string('output')
  const equals = output.indexOf('=')
  if (equals < 0) return { format: output, argument: context.flags.string('template') }
  return { format: output.slice(0, equals), argument: output.slice(equals + 1) }
}

/**
 * Undefined when -o was not given. Throws for a form that does not exist; `more` are those of the command itself; JSON
 * keeps an object's own order unless `sorted`.
 */
export async function makePrinter(
  context: CommandContext,
  more: readonly string[] = [],
  sorted = true,
): Promise<ObjectPrinter | undefined> {
  const { format, argument } = splitOutput(context)
  if (format === '') return undefined
  const strip = context.flags.bool('show-managed-fields') ? (object: Json): Json => object : withoutManagedFields
  let printed = 0
  switch (format) {
    case 'json':
      return (object) => `${formatJson(strip(object), '    ', sorted)}\n`
    case 'yaml': {
      const { encodeYamlValue } = await import('#machinery/codec/yaml.ts')
      return (object) => `${printed++ > 0 ? '---\n' : ''}${encodeYamlValue(strip(object))}`
    }
    case 'kyaml': {
      const { formatKyaml } = await import('./kyaml.ts')
      return (object) => `---\n${formatKyaml(strip(object), sorted)}`
    }
    case 'name':
      return (object) => namesOf(object)
    case 'jsonpath':
    case 'jsonpath-as-json':
    case 'jsonpath-file':
      return await jsonPathPrinter(context, format, argument)
    case 'go-template':
    case 'go-template-file':
    case 'template':
    case 'templatefile':
      throw new CommandError(`output format "${format}" is not supported; use jsonpath or custom-columns`)
    default:
      throw new CommandError(
        `unable to match a printer suitable for the output format "${context.flags.string('output')}", allowed formats are: `
          + [...writerFormats, ...templateFormats, ...more].toSorted().join(','),
      )
  }
}

async function jsonPathPrinter(context: CommandContext, format: string, argument: string): Promise<ObjectPrinter> {
  const { parseJsonPath, executeJsonPath, printJsonPath } = await import('../jsonpath.ts')
  let template = argument
  if (template === '') throw new CommandError(`template format specified but no template given`)
  if (format === 'jsonpath-file') {
    const bytes = await context.environment.files.read(argument)
    if (!bytes) {
      throw new CommandError(`error reading --template ${argument}, open ${argument}: no such file or directory`)
    }
    template = new TextDecoder().decode(bytes)
  }
  const parsed = parseJsonPath(template)
  const lenient = context.flags.bool('allow-missing-template-keys')
  if (format === 'jsonpath-as-json') {
    return (object) => `${formatJson(executeJsonPath(parsed, object, lenient).flat())}\n`
  }
  return (object) => printJsonPath(parsed, object, lenient)
}

/** `pod/a`, `deployment.apps/b`: a line for each object, also of those in a list. */
export function namesOf(object: Json): string {
  const items = itemsIn(object)
  if (items) return items.map(namesOf).join('')
  return `${typeName(object)}/${nameOf(object) || '<unknown>'}\n`
}

function typeName(object: Json): string {
  const kind = textAt(object, 'kind').toLowerCase()
  const [group] = splitApiVersion(textAt(object, 'apiVersion'))
  return group === '' ? kind : `${kind}.${group}`
}

export function withoutManagedFields(object: Json): Json {
  const items = itemsIn(object)
  if (items) return { ...object, items: items.map(withoutManagedFields) }
  return isObject(at(object, 'metadata')) && at(object, 'metadata', 'managedFields') !== undefined
    ? withValue(object, ['metadata', 'managedFields'], undefined) : object
}

/** For commands that change something: `pod/a created`, unless -o asks for another form. */
export async function operationPrinter(
  context: CommandContext,
  suffix = '',
  sorted = true,
): Promise<(object: Json, operation: string) => string> {
  const printer = await makePrinter(context, [], sorted)
  if (printer) return (object) => printer(object)
  return (object, operation) => `${typeName(object)}/${nameOf(object)} ${operation}${suffix}\n`
}
