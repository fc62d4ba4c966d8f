/**
 * Writes kubeconfigs, and keeps a cluster's entries in the user's own: added, renewed and removed without touching the
 * others.
 */
import { base64Encode, utf8Encode } from '#base/bytes.ts'
import { encodeYamlValue, parseYaml } from '#machinery/codec/yaml.ts'

export interface KubeconfigChoices {
  /** Of cluster, user and context alike. */
  readonly name: string
  /** `https://address:port`. */
  readonly server: string
  /** PEM. */
  readonly certificateAuthority: string
  /** PEM. */
  readonly certificate: string
  readonly key: string
}

type Fields = Record<string, unknown>

export function renderKubeconfig({ name, server, certificateAuthority, certificate, key }: KubeconfigChoices): string {
  const data = (pem: string): string => base64Encode(utf8Encode(pem))
  return encodeYamlValue({
    apiVersion: 'v1',
    clusters: [{ cluster: { 'certificate-authority-data': data(certificateAuthority), server }, name }],
    contexts: [{ context: { cluster: name, user: name }, name }],
    'current-context': name,
    kind: 'Config',
    users: [{ name, user: { 'client-certificate-data': data(certificate), 'client-key-data': data(key) } }],
  })
}

export interface MergedKubeconfig {
  readonly text: string
  /** The file held something that is not ours (other entries, comments): keep a copy of it as it was. */
  readonly needsBackup: boolean
}

export class KubeconfigProblem extends Error {}

/**
 * `existing` with the cluster of `added` under the name `context`, made current. Every other entry and field stays, in
 * its order;
 * comments do not (kubectl drops them as well). Adding the same again gives the same text.
 * Throws KubeconfigProblem when `existing` is no kubeconfig: such a file must not be overwritten.
 */
export function mergeKubeconfig(existing: string | undefined, added: string, context: string): MergedKubeconfig {
  const ours = parse(added)
  const base = existing === undefined || existing.trim() === '' ? undefined : parse(existing)
  const root: Fields = { apiVersion: 'v1', kind: 'Config', preferences: {}, ...base }
  for (const list of lists) {
    const [entry] = entriesOf(ours, list)
    if (!entry) throw new KubeconfigProblem(`the new kubeconfig has no ${list}`)
    root[list] = withEntry(entriesOf(root, list), rename(entry, context))
  }
  root['current-context'] = context
  const text = encodeYamlValue(root)
  if (base !== undefined && text === encodeYamlValue(base)) return { text: existing!, needsBackup: false }
  return { text, needsBackup: base !== undefined && (hasOthers(base, context) || existing!.includes('#')) }
}

/**
 * Without the entries named `context`. A current context that is removed gives way to `successor` if that is still
 * there, else to none. Undefined when there was nothing to remove.
 */
export function removeFromKubeconfig(existing: string, context: string, successor?: string): string | undefined {
  if (existing.trim() === '') return undefined
  const root = parse(existing)
  let isChanged = false
  for (const list of lists) {
    const entries = entriesOf(root, list)
    const kept = entries.filter((entry) => entry['name'] !== context)
    if (kept.length === entries.length) continue
    root[list] = kept
    isChanged = true
  }
  if (root['current-context'] === context) {
    const isThere = successor !== undefined && entriesOf(root, 'contexts').some((entry) => entry['name'] === successor)
    root['current-context'] = isThere ? successor : ''
    isChanged = true
  }
  return isChanged ? encodeYamlValue(root) : undefined
}

/** Throws KubeconfigProblem when the text is no kubeconfig. */
export function hasContext(text: string, name: string): boolean {
  return text.trim() !== '' && entriesOf(parse(text), 'contexts').some((entry) => entry['name'] === name)
}

/** Empty when there is none. Throws KubeconfigProblem when the text is no kubeconfig. */
export function currentContext(text: string): string {
  if (text.trim() === '') return ''
  const root = parse(text)
  for (const list of lists) entriesOf(root, list)
  return String(root['current-context'] ?? '')
}

const lists = ['clusters', 'contexts', 'users'] as const

function parse(text: string): Fields {
  const [document] = documentsOf(text)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new KubeconfigProblem('the file is not a kubeconfig')
  }
  const root = document as Fields
  if (root['kind'] !== undefined && root['kind'] !== 'Config') {
    throw new KubeconfigProblem(`the file is not a kubeconfig: its kind is ${String(root['kind'])}`)
  }
  return root
}

function documentsOf(text: string): readonly unknown[] {
  try {
    return parseYaml(text).documents
  } catch (error) {
    throw new KubeconfigProblem(`the file is not YAML: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function entriesOf(root: Fields, list: string): Fields[] {
  const value = root[list]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'object' || entry === null)) {
    throw new KubeconfigProblem(`the file is not a kubeconfig: ${list} is not a list of objects`)
  }
  return value as Fields[]
}

/** In the place of an entry of that name, or at the end. */
function withEntry(entries: readonly Fields[], entry: Fields): Fields[] {
  const at = entries.findIndex((candidate) => candidate['name'] === entry['name'])
  return at < 0 ? [...entries, entry] : entries.with(at, entry)
}

function rename(entry: Fields, name: string): Fields {
  if (entry['context'] === undefined) return { ...entry, name }
  return { ...entry, name, context: { ...entry['context'] as Fields, cluster: name, user: name } }
}

function hasOthers(root: Fields, context: string): boolean {
  return lists.some((list) => entriesOf(root, list).some((entry) => entry['name'] !== context))
}
