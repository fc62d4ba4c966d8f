/** JSON Patch (RFC 6902), with the reading of it that the Kubernetes API server has (evanphx/json-patch v4). */
import { utf8Length } from '#base/bytes.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { badRequest, tooLarge } from '../errors/api-error.ts'
import { cloneJson, getKey, isJsonObject, jsonKind, setKey, type JsonObject, type MutableJsonObject } from './json.ts'
import { patchDoesNotApply } from './patch-errors.ts'

export const maxJsonPatchOperations = 10_000
/** How many bytes of JSON all `copy` operations of one patch may add. */
const maxJsonPatchCopyBytes = 3 * 1024 * 1024

type Container = JsonObject | readonly unknown[]

/** A reason why an operation cannot be done; becomes a 422. */
class OperationError extends Error {}

/**
 * The document after the operations, in order; all or nothing. `patch` is the decoded body.
 * Neither argument is changed; the result shares what the patch left alone.
 * Throws ApiError: 400 for what is no patch, 413 beyond maxJsonPatchOperations, 422 for an operation that fails (a
 * `test` too).
 */
export function applyJsonPatch(document: Container, patch: unknown): Container {
  if (patch === null) return document
  if (!Array.isArray(patch)) throw notDecoded(patch, 'Patch')
  for (const operation of patch) {
    if (operation !== null && !isJsonObject(operation)) throw notDecoded(operation, 'Operation')
  }
  if (patch.length > maxJsonPatchOperations) {
    throw tooLarge('Request entity too large: The allowed maximum operations in a JSON patch is '
      + `${maxJsonPatchOperations}, got ${patch.length}`)
  }
  const editor = new Editor(document)
  try {
    for (const operation of patch) editor.apply(operation ?? {})
  } catch (error) {
    if (error instanceof OperationError) throw patchDoesNotApply(error.message)
    throw error
  }
  return editor.document
}

/**
 * Fields of operations that mean nothing: what strict field validation reports, each as `json patch unknown field
 * "[0].x"`.
 */
export function unknownJsonPatchFields(patch: unknown): string[] {
  if (!Array.isArray(patch)) return []
  const known = new Set(['op', 'path', 'from', 'value'])
  return patch.flatMap((operation: unknown, i) => (isJsonObject(operation) ? Object.keys(operation) : [])
    .filter((key) => !known.has(key)).map((key) => `json patch unknown field "[${i}].${key}"`))
}

function notDecoded(value: unknown, type: string): Error {
  return badRequest(`json: cannot unmarshal ${jsonKind(value)} into Go value of type jsonpatch.${type}`)
}

const missing = 'missing value'

/** Copies a container the first time that it is changed, so that the caller's document stays as it is. */
class Editor {
  document: Container
  readonly #ours = new WeakSet<object>()
  #copiedBytes = 0

  constructor(document: Container) {
    this.document = document
  }

  apply(operation: JsonObject): void {
    const kind = getKey(operation, 'op')
    switch (kind) {
      case 'add': return this.#add(operation)
      case 'remove': return this.#remove(operation)
      case 'replace': return this.#replace(operation)
      case 'move': return this.#move(operation)
      case 'test': return this.#test(operation)
      case 'copy': return this.#copy(operation)
      default: throw new OperationError(`Unexpected kind: ${typeof kind === 'string' ? kind : 'unknown'}`)
    }
  }

  #add(operation: JsonObject): void {
    const path = pathOf(operation, 'path') ?? fail(`add operation failed to decode path: ${missing}`)
    const target = this.#find(path) ?? fail(`add operation does not apply: doc is missing path: "${path}": ${missing}`)
    this.#insert(target, valueOf(operation), `error in add for path: '${path}'`)
  }

  #remove(operation: JsonObject): void {
    const path = pathOf(operation, 'path') ?? fail(`remove operation failed to decode path: ${missing}`)
    const target =
      this.#find(path) ?? fail(`remove operation does not apply: doc is missing path: "${path}": ${missing}`)
    this.#delete(target, `error in remove for path: '${path}'`)
  }

  #replace(operation: JsonObject): void {
    const path = pathOf(operation, 'path')
      ?? fail(`replace operation failed to decode path: operation missing path field: ${missing}`)
    const value = valueOf(operation)
    if (path === '') {
      if (typeof value !== 'object' || value === null) fail('replace operation value must be object or array')
      this.document = value as Container
      return
    }
    const target =
      this.#find(path) ?? fail(`replace operation does not apply: doc is missing path: ${path}: ${missing}`)
    const { key } = target
    const container = this.#writable(target)
    if (!Array.isArray(container)) return setKey(container, key, value)
    let index: number
    try {
      index = existingIndex(container, key)
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      fail(`replace operation does not apply: doc is missing key: ${path}: ${missing}`)
    }
    container[index] = value
  }

  #move(operation: JsonObject): void {
    const from = pathOf(operation, 'from')
      ?? fail(`move operation failed to decode from: operation, missing from field: ${missing}`)
    const source =
      this.#find(from) ?? fail(`move operation does not apply: doc is missing from path: ${from}: ${missing}`)
    const fault = `error in move for path: '${source.key}'`
    const value = readAt(source, fault)
    this.#delete(source, fault)
    const path = pathOf(operation, 'path')
      ?? fail(`move operation failed to decode path: operation missing path field: ${missing}`)
    const target =
      this.#find(path) ?? fail(`move operation does not apply: doc is missing destination path: ${path}: ${missing}`)
    this.#insert(target, value ?? null, `error in move for path: '${path}'`)
  }

  #copy(operation: JsonObject): void {
    const from = pathOf(operation, 'from')
      ?? fail(`copy operation failed to decode from: operation, missing from field: ${missing}`)
    const source =
      this.#find(from) ?? fail(`copy operation does not apply: doc is missing from path: ${from}: ${missing}`)
    const value = readAt(source, `error in copy for from: '${from}'`)
    const path = pathOf(operation, 'path') ?? fail(`copy operation failed to decode path: ${missing}`)
    const target =
      this.#find(path) ?? fail(`copy operation does not apply: doc is missing destination path: ${path}: ${missing}`)
    if (value !== undefined && value !== null) this.#copiedBytes += utf8Length(JSON.stringify(value))
    if (this.#copiedBytes > maxJsonPatchCopyBytes) {
      fail('Unable to complete the copy, the accumulated size increase of copy is ' +
        `${this.#copiedBytes}, exceeding the limit ${maxJsonPatchCopyBytes}`)
    }
    this.#insert(target, cloneJson(value ?? null), 'error while adding value during copy')
  }

  #test(operation: JsonObject): void {
    const path = pathOf(operation, 'path')
      ?? fail(`test operation failed to decode path: operation missing path field: ${missing}`)
    const expected = valueOf(operation)
    let actual: unknown = this.document
    if (path !== '') {
      const target = this.#find(path) ?? fail(`test operation does not apply: is missing path: ${path}: ${missing}`)
      actual = readAt(target, `error in test for path: '${path}'`) ?? null
    }
    if (!deepEqual(actual, expected)) fail(`testing value ${path} failed: test failed`)
  }

  /**
   * The container that the path's last part is a key of. A path that does not begin with a slash loses its first part,
   * as upstream.
   */
  #find(path: string): Target | undefined {
    const parts = path.split('/').slice(1)
      .map((part) => part.replace(/~[01]/g, (escape) => (escape === '~1' ? '/' : '~')))
    const key = parts.pop()
    if (key === undefined) return undefined
    let container: Container = this.document
    for (const part of parts) {
      const next: unknown = Array.isArray(container)
        ? elementAt(container, part)
        : getKey(container as JsonObject, part)
      if (typeof next !== 'object' || next === null) return undefined
      container = next as Container
    }
    return { parents: parts, container, key }
  }

  /** The target's container, after copying it and all above it unless they are copies already. */
  #writable(target: Target): MutableJsonObject | unknown[] {
    let container = this.document = this.#own(this.document)
    for (const part of target.parents) {
      if (Array.isArray(container)) {
        const index = existingIndex(container, part)
        container = container[index] = this.#own(container[index] as Container)
      } else {
        const copy = this.#own(getKey(container as JsonObject, part) as Container)
        setKey(container as MutableJsonObject, part, copy)
        container = copy
      }
    }
    return container
  }

  #own(container: Container): MutableJsonObject | unknown[] {
    if (this.#ours.has(container)) return container as MutableJsonObject | unknown[]
    const copy = Array.isArray(container) ? [...container as readonly unknown[]] : { ...container as JsonObject }
    this.#ours.add(copy)
    return copy
  }

  #insert(target: Target, value: unknown, fault: string): void {
    const container = this.#writable(target)
    const { key } = target
    if (!Array.isArray(container)) return setKey(container, key, value)
    if (key === '-') {
      container.push(value)
      return
    }
    const index = wrapped(fault, () => {
      const number = parseIndex(key, `value was not a proper array index: '${key}': `)
      return inRange(number, container.length + 1)
    })
    container.splice(index, 0, value)
  }

  #delete(target: Target, fault: string): void {
    const container = this.#writable(target)
    const { key } = target
    if (Array.isArray(container)) {
      container.splice(wrapped(fault, () => existingIndex(container, key)), 1)
      return
    }
    if (!Object.hasOwn(container, key)) fail(`${fault}: Unable to remove nonexistent key: ${key}: ${missing}`)
    delete container[key]
  }
}

interface Target {
  /** Keys from the document down to the container. */
  readonly parents: readonly string[]
  readonly container: Container
  readonly key: string
}

function readAt({ container, key }: Target, fault: string): unknown {
  if (!Array.isArray(container)) return getKey(container as JsonObject, key)
  return container[wrapped(fault, () => existingIndex(container, key))]
}

function elementAt(list: readonly unknown[], key: string): unknown {
  try {
    return list[existingIndex(list, key)]
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

function existingIndex(list: readonly unknown[], key: string): number {
  return inRange(parseIndex(key, ''), list.length)
}

/** Negative numbers count from the end. */
function inRange(index: number, length: number): number {
  if (index >= length || index < -length) fail(`Unable to access invalid index: ${index}: invalid index referenced`)
  return index < 0 ? index + length : index
}

/** As Go's strconv.Atoi. */
function parseIndex(text: string, prefix: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) fail(`${prefix}strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  const index = Number(text)
  if (!Number.isSafeInteger(index)) fail(`${prefix}strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`)
  return index
}

function pathOf(operation: JsonObject, field: 'path' | 'from'): string | undefined {
  const path = getKey(operation, field)
  return typeof path === 'string' ? path : undefined
}

/** A value left out is null. */
function valueOf(operation: JsonObject): unknown {
  return getKey(operation, 'value') ?? null
}

function wrapped<T>(fault: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof OperationError) throw new OperationError(`${fault}: ${error.message}`)
    throw error
  }
}

function fail(message: string): never {
  throw new OperationError(message)
}
