/** Parameters of requests as OpenAPI tells them: name, place, type and what they are for. */
import type { Shape, StructSchema } from '#machinery/schema/schema.ts'
import type { Dialect, JsonObject } from './definitions.ts'

export interface Parameter {
  readonly name: string
  readonly place: 'path' | 'query'
  readonly type: 'string' | 'integer' | 'boolean'
}

type Named = readonly (readonly [name: string, type: Parameter['type']])[]

const query = (named: Named): readonly Parameter[] => named.map(([name, type]) => ({ name, place: 'query', type }))

export const pretty = query([['pretty', 'string']])

export const listParameters = query([
  ['allowWatchBookmarks', 'boolean'], ['continue', 'string'], ['fieldSelector', 'string'],
  ['labelSelector', 'string'], ['limit', 'integer'], ['resourceVersion', 'string'],
  ['resourceVersionMatch', 'string'], ['sendInitialEvents', 'boolean'],
  ['timeoutSeconds', 'integer'], ['watch', 'boolean'],
])
export const writeParameters = query([['dryRun', 'string'], ['fieldManager', 'string'], ['fieldValidation', 'string']])
export const patchParameters = [...writeParameters, ...query([['force', 'boolean']])]
export const deleteParameters = query([
  ['dryRun', 'string'], ['gracePeriodSeconds', 'integer'],
  ['ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'],
  ['orphanDependents', 'boolean'], ['propagationPolicy', 'string'],
])
/** Deleting a collection chooses as a list does, and watches nothing. */
export const deleteCollectionParameters = [
  ...deleteParameters,
  ...listParameters.filter(({ name }) => name !== 'allowWatchBookmarks' && name !== 'watch'),
]

/** The parameters that are named in a path's braces. */
export function pathParameters(path: string): readonly Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name: name!, place: 'path', type: 'string' }))
}

/** The fields of an options kind (`PodExecOptions`), each of which is a parameter of the query. */
export function optionParameters(options: StructSchema): readonly Parameter[] {
  return options.fields
    .filter(({ name }) => name !== 'apiVersion' && name !== 'kind')
    .map(({ name, shape }) => ({ name, place: 'query', type: parameterType(shape) }))
}

/** A list is a parameter that may be repeated; its type is that of its items. */
function parameterType(shape: Shape): Parameter['type'] {
  if (shape.type === 'list') return parameterType(shape.items)
  return shape.type === 'bool' ? 'boolean' : /^u?int/.test(shape.type) ? 'integer' : 'string'
}

const descriptions: Readonly<Record<string, string>> = {
  allowWatchBookmarks: 'Ask a watch for BOOKMARK events, which tell only how far the watch has come.',
  continue: 'Where the next part of a list begins: the token from the metadata of the part before.',
  dryRun: 'With the value All, do everything except storing the result.',
  fieldManager: 'Under which name (1 to 128 printable characters) the changed fields are kept in managedFields.',
  fieldSelector: 'Narrows the list of returned objects to those whose fields match, for example status.phase=Running.',
  fieldValidation: 'What unknown and repeated fields lead to: Ignore, Warn (the default) or Strict, which refuses them.',
  force: 'For apply requests: take over fields that belong to another manager.',
  gracePeriodSeconds: 'Seconds that the object has to end; 0 deletes it at once.',
  ignoreStoreReadErrorWithClusterBreakingPotential:
    'Delete an object even if it can no longer be read from the store, skipping finalizers and preconditions.',
  labelSelector: 'Narrows the list of returned objects to those whose labels match, for example app=web,tier!=cache.',
  limit: 'How many objects a part of a list may have at most.',
  orphanDependents: 'Deprecated, use propagationPolicy: whether dependents stay when the object goes.',
  pretty: "With the value 'true', the answer is indented for people.",
  propagationPolicy: 'What happens to dependents: Orphan, Background or Foreground.',
  resourceVersion: 'Which state of the cluster the answer has to reflect; unset means the newest.',
  resourceVersionMatch: 'How resourceVersion is meant in a list: Exact or NotOlderThan.',
  sendInitialEvents: 'Begin a watch with all objects that exist, and a bookmark after the last of them.',
  timeoutSeconds: 'Seconds after which a list or watch ends.',
  watch: 'Watch for changes to the described resources, as a stream, instead of answering with a list.',
  name: 'Name of the object.',
  namespace: 'Namespace of the objects.',
  path: 'Path at the target of the connection.',
  logpath: 'Path of the log.',
  command: 'Program to run, and its arguments, each in a parameter of its own.',
  container: 'Name of the container; unset means the only or the default one.',
  stdin: 'Connect the standard input.',
  stdout: 'Connect the standard output.',
  stderr: 'Connect the standard error output.',
  tty: 'Give the process a terminal.',
  ports: 'Port numbers to forward.',
  follow: 'Keep the stream open and send new lines as they are written.',
  insecureSkipTLSVerifyBackend: "Do not check the kubelet's certificate.",
  limitBytes: 'Bytes after which the log is cut off.',
  previous: 'Read the log of the container that ran before the present one.',
  sinceSeconds: 'Only lines of this many seconds back.',
  sinceTime: 'Only lines written after this time (RFC 3339).',
  stream: 'Which output to read: All, Stdout or Stderr.',
  tailLines: 'Only this many lines from the end.',
  timestamps: 'Begin every line with the time at which it was written.',
}

function renderParameter({ name, place, type }: Parameter, dialect: Dialect): JsonObject {
  const head = {
    ...(descriptions[name] && { description: descriptions[name] }),
    name,
    in: place,
    ...(place === 'path' && { required: true }),
  }
  return dialect.version === 3
    ? { ...head, schema: { type, uniqueItems: true } }
    : { ...head, type, uniqueItems: true }
}

/** By name, then by place, as upstream sorts them. */
export function renderParameters(parameters: readonly Parameter[], dialect: Dialect): readonly JsonObject[] {
  return parameters
    .toSorted((left, right) => (left.name + left.place < right.name + right.place ? -1 : 1))
    .map((parameter) => renderParameter(parameter, dialect))
}
