/**
 * Checks of names, labels, ports, addresses and other short strings. Each gives upstream's sentences, none when
 * the value is good.
 */
import type { NameRule } from '../schema/define-kind.ts'

/** `prefix`: the name is a generateName, to which characters will be added, so it may end in a dash. */
export function validateName(rule: NameRule, name: string, prefix = false): string[] {
  switch (rule) {
    case 'dns1123Subdomain': return validateDns1123Subdomain(prefix ? maskTrailingDash(name) : name)
    case 'dns1123Label': return validateDns1123Label(prefix ? maskTrailingDash(name) : name)
    case 'dns1035Label': return validateDns1035Label(prefix ? maskTrailingDash(name) : name)
    case 'pathSegment': return validatePathSegment(name, prefix)
    // A trailing dash is no fault of it.
    case 'configMapKey': return validateConfigMapKey(name)
  }
}

/** A generated name continues after the prefix, so its trailing dash is judged as if a letter stood there. */
function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name
}

const dns1123LabelFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const dns1123SubdomainFormat = `${dns1123LabelFormat}(\\.${dns1123LabelFormat})*`
const dns1123LabelPattern = new RegExp(`^${dns1123LabelFormat}$`)
const dns1123SubdomainPattern = new RegExp(`^${dns1123SubdomainFormat}$`)

/** At most 253 characters of lower-case labels joined by dots: the rule for most names. */
export function validateDns1123Subdomain(value: string): string[] {
  return checkDns1123Subdomain(value, 'characters')
}

/** The same with capital letters, for the few names that could always have them: those of drivers. */
export function validateCaselessDns1123Subdomain(value: string): string[] {
  const problems = maxLength(value, 253)
  if (!dns1123SubdomainPattern.test(value.toLowerCase())) {
    problems.push(regexError(
      "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', " +
      'and must start and end with an alphanumeric character', dns1123SubdomainFormat, 'Example.com'))
  }
  return problems
}

/** The checks of labels speak of bytes where the others speak of characters. */
function checkDns1123Subdomain(value: string, unit: 'bytes' | 'characters'): string[] {
  const problems = maxLength(value, 253, unit)
  if (!dns1123SubdomainPattern.test(value)) {
    problems.push(regexError(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
      'and must start and end with an alphanumeric character', dns1123SubdomainFormat, 'example.com'))
  }
  return problems
}

const underscorePart = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const underscoreFormat = `${underscorePart}(\\.${underscorePart})*`
const underscorePattern = new RegExp(`^${underscoreFormat}$`)

/** Like a subdomain, with underscores: search domains of a pod's DNS. */
export function validateDns1123SubdomainWithUnderscore(value: string): string[] {
  const problems = maxLength(value, 253)
  if (!underscorePattern.test(value)) {
    problems.push(regexError(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', " +
      'and must start and end with an alphanumeric character', underscoreFormat, 'example.com'))
  }
  return problems
}

/** One label of at most 63 characters. */
export function validateDns1123Label(value: string): string[] {
  const problems = maxLength(value, 63)
  if (dns1123LabelPattern.test(value)) return problems
  if (dns1123SubdomainPattern.test(value)) problems.push('must not contain dots')
  else {
    problems.push(regexError(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
      'and must start and end with an alphanumeric character', dns1123LabelFormat, 'my-name', '123-abc'))
  }
  return problems
}

const dns1035Format = '[a-z]([-a-z0-9]*[a-z0-9])?'
const dns1035Pattern = new RegExp(`^${dns1035Format}$`)

/** A label that starts with a letter: names of Services, before v1.34 relaxed them. */
export function validateDns1035Label(value: string): string[] {
  const problems = maxLength(value, 63)
  if (!dns1035Pattern.test(value)) {
    problems.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
          + 'and end with an alphanumeric character',
        dns1035Format,
        'my-name',
        'abc-123',
      ),
    )
  }
  return problems
}

const wildcardFormat = `\\*\\.${dns1123SubdomainFormat}`
const wildcardPattern = new RegExp(`^${wildcardFormat}$`)

export function validateWildcardDns1123Subdomain(value: string): string[] {
  const problems = maxLength(value, 253)
  if (!wildcardPattern.test(value)) {
    problems.push(
      regexError(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
          + "alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        wildcardFormat,
        '*.example.com',
      ),
    )
  }
  return problems
}

/** Anything that can stand between two slashes of a URL: names of roles and bindings. */
export function validatePathSegment(name: string, prefix = false): string[] {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

const labelNameFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelNamePattern = new RegExp(`^${labelNameFormat}$`)
const labelNameSentence =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

/**
 * A label's key (`name` or `prefix/name`); also the rule for annotations, finalizers, condition types and
 * resource names.
 */
export function validateQualifiedName(value: string): string[] {
  const problems: string[] = []
  const parts = value.split('/')
  if (parts.length > 2) {
    return [`a valid label key ${regexError(labelNameSentence, labelNameFormat, 'MyName', 'my.name', '123-abc')}` +
      " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
  }
  if (parts.length === 2) {
    const prefix = parts[0]!
    if (prefix === '') problems.push('prefix part must be non-empty')
    else problems.push(...checkDns1123Subdomain(prefix, 'bytes').map((problem) => `prefix part ${problem}`))
  }
  const name = parts.at(-1)!
  if (name === '') problems.push('name part must be non-empty')
  else if (name.length > 63) problems.push('name part must be no more than 63 bytes')
  if (!labelNamePattern.test(name)) {
    problems.push(`name part ${regexError(labelNameSentence, labelNameFormat, 'MyName', 'my.name', '123-abc')}`)
  }
  return problems
}

const labelValueFormat = `(${labelNameFormat})?`
const labelValuePattern = new RegExp(`^${labelValueFormat}$`)

export function validateLabelValue(value: string): string[] {
  const problems = value.length > 63 ? ['must be no more than 63 bytes'] : []
  if (!labelValuePattern.test(value)) {
    problems.push(regexError(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', " +
      'and must start and end with an alphanumeric character', labelValueFormat, 'MyValue', 'my_value', '12345'))
  }
  return problems
}

const conditionReasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const conditionReasonPattern = new RegExp(`^${conditionReasonFormat}$`)

/** The `reason` of a condition: one word in camel case, or several joined by commas or colons. */
export function validateConditionReason(value: string): string[] {
  if (conditionReasonPattern.test(value)) return []
  return [regexError(
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
      + "characters or '_,:', and must end with an alphanumeric character or '_'",
    conditionReasonFormat, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB')]
}

const identifierFormat = '[A-Za-z_][A-Za-z0-9_]*'
const identifierPattern = new RegExp(`^${identifierFormat}$`)

export function validateCIdentifier(value: string): string[] {
  if (identifierPattern.test(value)) return []
  return [
    regexError(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      identifierFormat,
      'my_name',
      'MY_NAME',
      'MyName',
    ),
  ]
}

/** Any printable ASCII except '=' (RelaxedEnvironmentVariableValidation is on in v1.36). */
export function validateEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty']
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(value)) return []
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

const configMapKeyFormat = '[-._a-zA-Z0-9]+'
const configMapKeyPattern = new RegExp(`^${configMapKeyFormat}$`)

/** A key of a ConfigMap or Secret. It becomes a file name. */
export function validateConfigMapKey(value: string): string[] {
  const problems = maxLength(value, 253)
  if (!configMapKeyPattern.test(value)) {
    problems.push(regexError("a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      configMapKeyFormat, 'key.name', 'KEY_NAME', 'key-name'))
  }
  if (value === '.') problems.push("must not be '.'")
  else if (value === '..') problems.push("must not be '..'")
  else if (value.startsWith('..')) problems.push("must not start with '..'")
  return problems
}

/** An IANA service name: the name of a container's or Service's port where it is used as a target. */
export function validatePortName(value: string): string[] {
  const problems = maxLength(value, 15)
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)')
  if (value.includes('--')) problems.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

export function validatePortNumber(port: number): string[] {
  return validateRange(port, 1, 65535)
}

export function validateRange(value: number, min: number, max: number): string[] {
  return value >= min && value <= max ? [] : [`must be between ${min} and ${max}, inclusive`]
}

/** User and group ids. */
export function validateUnixId(id: number): string[] {
  return validateRange(id, 0, 2147483647)
}

export function validatePercent(value: string): string[] {
  if (/^[0-9]+%$/.test(value)) return []
  return [
    regexError("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%'),
  ]
}

export function validateHttpHeaderName(value: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(value)) return []
  return [
    regexError("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name'),
  ]
}

function maxLength(value: string, max: number, unit: 'bytes' | 'characters' = 'characters'): string[] {
  return value.length > max ? [`must be no more than ${max} ${unit}`] : []
}

/** The sentence, examples, and the pattern, as upstream composes them. */
function regexError(sentence: string, format: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${sentence} (regex used for validation is '${format}')`
  const listed = examples.map((example) => `'${example}', `).join(' or ')
  return `${sentence} (e.g. ${listed}regex used for validation is '${format}')`
}
