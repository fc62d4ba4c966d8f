/** kubectl create configmap and secret. */
import { sha256 } from '#base/sha256.ts'
import { encodeUnstructured } from '#machinery/codec/json.ts'
import { validateConfigMapKey, validateEnvVarName } from '#machinery/meta/validate-names.ts'
import type { Command, CommandContext } from '../../command.ts'
import { createAndPrint, creationFlags, requireName, whenGiven } from '../../creation.ts'
import { CommandError } from '../../errors.ts'
import type { FlagSpecifications } from '../../pflag.ts'

const sourceFlags = {
  'from-file': { type: 'stringSlice', usage: 'Files or directories, or KEY=FILE.' },
  'from-literal': { type: 'stringArray', usage: 'KEY=VALUE; may be repeated.' },
  'from-env-file': { type: 'stringSlice', usage: 'Files with lines of KEY=VALUE.' },
} satisfies FlagSpecifications
const hashFlag = {
  'append-hash': { type: 'bool', usage: 'Append a hash of the content to the name.' },
} satisfies FlagSpecifications

type Add = (key: string, bytes: Uint8Array) => void

export const configMap: Command = {
  summary: 'Create a config map from a local file, directory or literal value',
  usage: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  flags: { ...creationFlags, ...sourceFlags, ...hashFlag },
  async run(context) {
    const name = requireName(context)
    const data: Record<string, string> = {}
    const binaryData: Record<string, string> = {}
    await readSources(context, (key, bytes) => {
      const problems = validateConfigMapKey(key)
      if (problems.length > 0) {
        throw new CommandError(`${JSON.stringify(key)} is not a valid key name for a ConfigMap: ${problems.join(',')}`)
      }
      for (const [where, map] of [
        ['Data', data],
        ['BinaryData', binaryData],
      ] as const) {
        if (Object.hasOwn(map, key)) {
          throw new CommandError(
            `cannot add key ${JSON.stringify(key)}, another key by that name already exists in ${where} for ConfigMap ${JSON.stringify(name)}`,
          )
        }
      }
      const text = decodeUtf8(bytes)
      if (text === undefined) binaryData[key] = bytes.toBase64()
      else data[key] = text
    })
    const suffix = context.flags.bool('append-hash')
      ? `-${contentHash({ kind: 'ConfigMap', name, data, ...whenGiven('binaryData', binaryData) })}`
      : ''
    await createAndPrint(
      context,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: name + suffix },
        ...whenGiven('data', data),
        ...whenGiven('binaryData', binaryData),
      },
      { failure: 'failed to create configmap: ' },
    )
  },
}

const generic: Command = {
  summary: 'Create a secret from a local file, directory, or literal value',
  usage: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  flags: { ...creationFlags, ...sourceFlags, ...hashFlag, type: { type: 'string', usage: 'The type of secret.' } },
  async run(context) {
    const collected = collectSecret()
    await readSources(context, collected.add)
    await createSecret(context, context.flags.string('type'), collected.data)
  },
}

const tls: Command = {
  summary: 'Create a TLS secret',
  usage: 'NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
  flags: {
    ...creationFlags,
    ...hashFlag,
    cert: { type: 'string', usage: 'File of the certificate, in PEM.' },
    key: { type: 'string', usage: 'File of its key, in PEM.' },
  },
  async run(context) {
    const { flags, environment } = context
    requireName(context)
    const [cert, key] = [flags.string('cert'), flags.string('key')]
    if (cert === '' || key === '') throw new CommandError('key and cert must be specified')
    const read = async (path: string): Promise<Uint8Array> => {
      const bytes = await environment.files.read(path)
      if (!bytes) throw new CommandError(`Cannot read file ${path}, open ${path}: no such file or directory`)
      return bytes
    }
    const collected = collectSecret()
    const [certificate, privateKey] = [await read(cert), await read(key)]
    if (!/-----BEGIN CERTIFICATE-----/.test(decodeUtf8(certificate) ?? '')) {
      throw new CommandError('tls: failed to find any PEM data in certificate input')
    }
    if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(decodeUtf8(privateKey) ?? '')) {
      throw new CommandError('tls: failed to find any PEM data in key input')
    }
    collected.add('tls.crt', certificate)
    collected.add('tls.key', privateKey)
    await createSecret(context, 'kubernetes.io/tls', collected.data)
  },
}

const dockerRegistry: Command = {
  summary: 'Create a secret for use with a Docker registry',
  usage:
    'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]',
  flags: {
    ...creationFlags,
    ...hashFlag,
    'docker-username': { type: 'string', usage: 'Username for the registry.' },
    'docker-password': { type: 'string', usage: 'Password for the registry.' },
    'docker-email': { type: 'string', usage: 'Email for the registry.' },
    'docker-server': { type: 'string', default: 'https://index.docker.io/v1/', usage: "The registry's address." },
    'from-file': { type: 'stringSlice', usage: 'A file with the configuration: .dockerconfigjson=FILE.' },
  },
  async run(context) {
    const { flags } = context
    requireName(context)
    const [username, password, email, server] = ['username', 'password', 'email', 'server'].map((part) =>
      flags.string(`docker-${part}`),
    ) as [string, string, string, string]
    const collected = collectSecret()
    if (flags.list('from-file').length > 0) await readFiles(context, collected.add)
    else {
      if (username === '' || password === '' || server === '') {
        throw new CommandError(
          'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
        )
      }
      const auth = new TextEncoder().encode(`${username}:${password}`).toBase64()
      const entry = { username, password, ...whenGiven('email', email), auth }
      collected.add('.dockerconfigjson', new TextEncoder().encode(JSON.stringify({ auths: { [server]: entry } })))
    }
    await createSecret(context, 'kubernetes.io/dockerconfigjson', collected.data)
  },
}

export const secret: Command = {
  summary: 'Create a secret using a specified subcommand',
  usage: '(docker-registry | generic | tls)',
  subcommands: { 'docker-registry': dockerRegistry, generic, tls },
}

async function createSecret(
  context: CommandContext,
  type: string,
  data: Readonly<Record<string, string>>,
): Promise<void> {
  const name = requireName(context)
  const suffix = context.flags.bool('append-hash') ? `-${contentHash({ kind: 'Secret', type, name, data })}` : ''
  await createAndPrint(
    context,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: name + suffix },
      ...whenGiven('type', type),
      ...whenGiven('data', data),
    },
    { failure: 'failed to create secret ' },
  )
}

function collectSecret(): { readonly data: Readonly<Record<string, string>>; readonly add: Add } {
  const data: Record<string, string> = {}
  const add: Add = (key, bytes) => {
    const problems = validateConfigMapKey(key)
    if (problems.length > 0) {
      throw new CommandError(`${JSON.stringify(key)} is not valid key name for a Secret ${problems.join(';')}`)
    }
    if (Object.hasOwn(data, key)) {
      throw new CommandError(`cannot add key ${key}, another key by that name already exists`)
    }
    data[key] = bytes.toBase64()
  }
  return { data, add }
}

async function readSources(context: CommandContext, add: Add): Promise<void> {
  const { flags, environment } = context
  const environmentFiles = flags.list('from-env-file')
  if (environmentFiles.length > 0 && (flags.list('from-file').length > 0 || flags.list('from-literal').length > 0)) {
    throw new CommandError('from-env-file cannot be combined with from-file or from-literal')
  }
  await readFiles(context, add)
  for (const literal of flags.list('from-literal')) {
    const equals = literal.indexOf('=')
    if (equals <= 0) throw new CommandError(`invalid literal source ${literal}, expected key=value`)
    add(literal.slice(0, equals), new TextEncoder().encode(literal.slice(equals + 1)))
  }
  for (const path of environmentFiles) {
    if (await environment.files.list(path)) throw new CommandError('env config file cannot be a directory')
    const bytes = await environment.files.read(path)
    if (!bytes) throw new CommandError(`error reading ${path}: no such file or directory`)
    readEnvironmentLines(context, bytes, add)
  }
}

async function readFiles({ flags, environment }: CommandContext, add: Add): Promise<void> {
  for (const source of flags.list('from-file')) {
    const { key, path } = parseFileSource(source)
    const names = await environment.files.list(path)
    if (names) {
      if (source.includes('=')) throw new CommandError('cannot give a key name for a directory path')
      for (const name of names) {
        const inner = `${path.replace(/\/+$/, '')}/${name}`
        const bytes = await environment.files.list(inner) ? undefined : await environment.files.read(inner)
        if (bytes) add(name, bytes)
      }
      continue
    }
    const bytes = await environment.files.read(path)
    if (!bytes) throw new CommandError(`error reading ${path}: no such file or directory`)
    add(key, bytes)
  }
}

function parseFileSource(source: string): { readonly key: string; readonly path: string } {
  const parts = source.split('=')
  if (parts.length === 1) return { key: source.replace(/\/+$/, '').split('/').at(-1)!, path: source }
  if (parts.length > 2) throw new CommandError("key names or file paths cannot contain '='")
  const [key = '', path = ''] = parts
  if (key === '') throw new CommandError(`key name for file path ${path} missing`)
  if (path === '') throw new CommandError(`file path for key name ${key} missing`)
  return { key, path }
}

/** A name without `=` takes its value from our own environment; comments and empty lines are skipped. */
function readEnvironmentLines({ environment }: CommandContext, bytes: Uint8Array, add: Add): void {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new CommandError('env file contains invalid utf8 bytes')
  for (const raw of text.replace(/^\ufeff/, '').split('\n')) {
    const line = raw.replace(/\r$/, '').trimStart()
    if (line === '' || line.startsWith('#')) continue
    const equals = line.indexOf('=')
    const key = equals < 0 ? line : line.slice(0, equals)
    const problems = validateEnvVarName(key)
    if (problems.length > 0) {
      throw new CommandError(`${JSON.stringify(key)} is not a valid key name: ${problems.join(';')}`)
    }
    const value = equals < 0 ? environment.variables[key] : line.slice(equals + 1)
    if (value === undefined) continue
    add(key, new TextEncoder().encode(value))
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

const consonants: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' }

/** Forty bits of the content's SHA-256, spelled without vowels. */
function contentHash(content: object): string {
  const hex = sha256(new TextEncoder().encode(encodeUnstructured(content))).toHex()
  return [...hex.slice(0, 10)].map((digit) => consonants[digit] ?? digit).join('')
}
