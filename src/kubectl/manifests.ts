/** Objects from files, directories and standard input: JSON or YAML, many documents in each. */
import { parseYaml, YamlError } from '#machinery/codec/yaml.ts'
import type { Environment } from './environment.ts'
import { CommandError } from './errors.ts'
import { isObject, listAt, textAt, type Json } from './fields.ts'

export interface Manifest {
  /** The file's path, or `STDIN`. */
  readonly source: string
  readonly object: Json
}

const extensions = ['.json', '.yaml', '.yml']
const maxDepth = 64

/** In the order given; a directory's files in the order of their names. Throws for what cannot be read. */
export async function readManifests(
  environment: Environment,
  filenames: readonly string[],
  recursive: boolean,
): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = []
  for (const filename of filenames) {
    for (const { source, bytes } of await readFiles(environment, filename, recursive)) {
      manifests.push(...parseManifest(source, bytes))
    }
  }
  return manifests
}

async function readFiles(
  environment: Environment,
  filename: string,
  recursive: boolean,
): Promise<readonly { readonly source: string; readonly bytes: Uint8Array }[]> {
  if (filename === '-') return [{ source: 'STDIN', bytes: await environment.readInput() }]
  if (/^https?:\/\//.test(filename)) {
    const response = await environment.http.request(
      { method: 'GET', url: filename, headers: { accept: '*/*' } },
      environment.signal,
    )
    if (response.status !== 200) {
      throw new CommandError(
        `unable to read URL "${filename}", server reported ${response.status}, status code=${response.status}`,
      )
    }
    return [{ source: filename, bytes: await response.readBody(64 * 1024 * 1024) }]
  }
  const names = await environment.files.list(filename)
  if (names) return await readDirectory(environment, filename, names, recursive, 0)
  const bytes = await environment.files.read(filename)
  if (!bytes) throw new CommandError(`the path ${JSON.stringify(filename)} does not exist`)
  return [{ source: filename, bytes }]
}

async function readDirectory(
  environment: Environment, directory: string, names: readonly string[], recursive: boolean, depth: number,
): Promise<readonly { readonly source: string; readonly bytes: Uint8Array }[]> {
  if (depth > maxDepth) throw new CommandError(`${directory}: too many directories within each other`)
  const found: { readonly source: string; readonly bytes: Uint8Array }[] = []
  for (const name of names) {
    const path = `${directory.replace(/\/+$/, '')}/${name}`
    const inner = await environment.files.list(path)
    if (inner) {
      if (recursive) found.push(...await readDirectory(environment, path, inner, recursive, depth + 1))
    } else if (extensions.some((extension) => name.endsWith(extension))) {
      const bytes = await environment.files.read(path)
      if (bytes) found.push({ source: path, bytes })
    }
  }
  if (depth === 0 && found.length === 0) {
    throw new CommandError(`error reading [${directory}]: recognized file extensions are [.json .yaml .yml]`)
  }
  return found
}

/** Every object of a text, lists taken apart. Throws for a document that is no object of a kind. */
function parseManifest(source: string, bytes: Uint8Array): readonly Manifest[] {
  let documents: readonly unknown[]
  try {
    documents = parseYaml(bytes).documents
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new CommandError(`error parsing ${source}: error converting YAML to JSON: ${error.message}`, { cause: error })
  }
  return documents.filter((document) => document !== null && document !== undefined).flatMap((document) => {
    if (!isObject(document)) {
      const what = typeof document === 'string' ? 'string' : Array.isArray(document) ? 'array' : typeof document
      throw new CommandError(
        `error parsing ${source}: json: cannot unmarshal ${what} into Go value of type map[string]interface {}`,
      )
    }
    return flatten(document).map((object) => ({ source, object: requireKind(source, object) }))
  })
}

function flatten(object: Json): readonly Json[] {
  if (!Array.isArray(object['items']) || !textAt(object, 'kind').endsWith('List')) return [object]
  return listAt(object, 'items').filter(isObject).flatMap(flatten)
}

function requireKind(source: string, object: Json): Json {
  const missing =
    textAt(object, 'apiVersion') === '' ? 'apiVersion' : textAt(object, 'kind') === '' ? 'kind' : undefined
  if (missing === undefined) return object
  const both = textAt(object, 'kind') === '' && textAt(object, 'apiVersion') === ''
  const problem = both ? 'apiVersion not set, kind not set' : `${missing} not set`
  throw new CommandError(
    both || missing
      ? `error validating ${JSON.stringify(source)}: error validating data: ${both ? `[${problem}]` : problem}; if you choose to ignore these errors, turn validation off with --validate=false`
      : problem,
  )
}
