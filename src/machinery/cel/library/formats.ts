/** Named formats of texts (upstream's Format library). */
import { textFormat } from '../../schema-formats.ts'
import {
  validateDns1035Label, validateDns1123Label, validateLabelValue, validateName, validateQualifiedName,
} from '../../meta/validate-names.ts'
import { member, plain } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import { listOf, opaque, optionalOf, stringType } from '../types.ts'
import { Foreign, Optional, sizeOf } from '../values.ts'

export const formatTypeName = 'kubernetes.NamedFormat'
const formatType = opaque(formatTypeName)

interface Format {
  readonly name: string
  readonly validate: (text: string) => readonly string[]
  /** What matching costs, as the length of a regular expression. */
  readonly size: number
}

/** A format that OpenAPI has too. */
function known(format: string, problem: string): Format['validate'] {
  return (text) => textFormat(format)?.(text) === true ? [] : [problem]
}

const asPrefix = (rule: 'dns1123Subdomain' | 'dns1123Label' | 'dns1035Label') => (text: string): readonly string[] =>
  validateName(rule, text, true)

const formats: readonly (readonly [string, Format['validate'], number])[] = [
  ['dns1123Label', validateDns1123Label, 30],
  ['dns1123Subdomain', (text) => validateName('dns1123Subdomain', text), 60],
  ['dns1035Label', validateDns1035Label, 30],
  ['qualifiedName', validateQualifiedName, 60],
  ['dns1123LabelPrefix', asPrefix('dns1123Label'), 30],
  ['dns1123SubdomainPrefix', asPrefix('dns1123Subdomain'), 60],
  ['dns1035LabelPrefix', asPrefix('dns1035Label'), 30],
  ['labelValue', validateLabelValue, 40],
  ['uri', known('uri', 'invalid URI for request'), 1000],
  ['uuid', known('uuid', 'does not match the UUID format'), 100],
  ['byte', known('byte', 'invalid base64'), 80],
  ['date', known('date', 'invalid date'), 100],
  ['datetime', known('datetime', 'invalid datetime'), 100],
]

const values = new Map(formats.map(([name, validate, size]) => {
  const format: Format = { name, validate, size }
  return [name, new Foreign(formatTypeName, format)] as const
}))

export const formatFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ...[...values].map(([name, value]) => [`format.${name}`, [
    plain(`format_${name}`, [], formatType, () => value),
  ]] as const),
  ['format.named', [plain('format-named', [stringType], optionalOf(formatType), (name: string) =>
    new Optional(values.get(name)))]],
  ['validate', [member('format-validate', [formatType, stringType], optionalOf(listOf(stringType)),
    (format: Foreign, text: string) => {
      const problems = (format.data as Format).validate(text)
      return new Optional(problems.length === 0 ? undefined : problems)
    },
    {
      cost: ([format, text]) => Math.ceil((1 + sizeOf(text!)) * 0.1)
        * Math.ceil(((format as Foreign).data as Format).size * 0.25),
      estimate: ([, text]) => ({ cost: { min: 0, max: Math.ceil((1 + text!.max) * 0.1) * 32 } }),
    })]],
])
