/**
 * The forms that one object has. In the store it is its kind's stored version, or another kind's (storedAs); the server
 * works on the
 * kind's stored version; a client sees the version that it asked for. Mostly all three are the same, and then nothing
 * is converted.
 */
import { deepFreeze } from '#base/deep-freeze.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { Entry } from '#storage/store.ts'
import { isBuiltIn } from './keys.ts'
import { decodeLean, decodeStored, encodeStored, typeBytes } from './stored-form.ts'

/** By kind, as several kinds may be views of the same objects. */
const converted = new WeakMap<AnyKind, WeakMap<object, Stored<KubeObject>>>()

/** An entry as the kind's own stored version. Frozen. */
export function loadObject<T extends KubeObject = KubeObject>(kind: AnyKind, entry: Entry): Stored<T> {
  return ownForm(kind, decodeStored(entry))
}

/** The same without managedFields, and shared: for whoever reads or keeps objects and does not write them back. */
export function loadLean<T extends KubeObject = KubeObject>(kind: AnyKind, entry: Entry): Stored<T> {
  return ownForm(kind, decodeLean(entry))
}

function ownForm<T extends KubeObject>(kind: AnyKind, stored: Stored<KubeObject>): Stored<T> {
  if (!kind.storedAs) return stored as Stored<T>
  let known = converted.get(kind)
  if (!known) converted.set(kind, known = new WeakMap())
  let own = known.get(stored)
  if (!own) {
    own = deepFreeze(kind.storedAs.fromStored(stored as KubeObject)) as Stored<KubeObject>
    known.set(stored, own)
  }
  return own as Stored<T>
}

/** Who reads or writes. Asking for the signal makes it, which costs as much as all else of a small read. */
export interface Asker {
  readonly kind: AnyKind
  readonly signal: AbortSignal
}

/**
 * Entries as the kind's own stored version has them: whoever reads entries of a kind reads these. They are the store's
 * own, unless converting them takes asking somebody. Rejects with ApiError 500.
 */
export async function ownEntries(asker: Asker, entries: readonly Entry[]): Promise<readonly Entry[]> {
  const { remote } = asker.kind
  if (!remote || entries.length === 0) return entries
  const forms = await remote.fromStored(entries.map((entry) => decodeStored(entry) as KubeObject), asker.signal)
  return entries.map(({ key, createRevision, modRevision, isStale: isStaleBelow }, index) => {
    const { object, isStale } = forms[index]!
    return {
      key, createRevision, modRevision, value: encodeStored(object), memo: undefined,
      isStale: () => isStale || (isStaleBelow?.() ?? false),
    }
  })
}

/** The same for one entry; a promise only where somebody is asked. */
export function ownEntry(asker: Asker, entry: Entry): Entry | Promise<Entry> {
  return asker.kind.remote ? ownEntries(asker, [entry]).then(([own]) => own!) : entry
}

/** Whether a writer should write even what it has not changed. */
export function isStaleEntry({ storedAs }: AnyKind, entry: Entry): boolean {
  return entry.isStale?.() || (storedAs?.isStale?.(decodeStored(entry) as KubeObject) ?? false)
}

/** What goes into the store for an object of the kind's stored version; a promise only where somebody is asked. */
export function toStoredForm(asker: Asker, object: KubeObject): KubeObject | Promise<KubeObject> {
  const { kind } = asker
  if (kind.remote) return kind.remote.toStored(object, asker.signal)
  return kind.storedAs ? kind.storedAs.toStored(object) : object
}

export interface WireForm {
  readonly kind: AnyKind
  readonly version: KindVersion
  readonly apiVersion: string
}

/** The object as a client of this version sees it; anything that is not of the kind (a Status) as it is. */
export function toWire(form: WireForm, object: KubeObject): KubeObject {
  const { kind, version, apiVersion } = form
  if (version === kind.storedVersion || object.kind !== kind.kind || object.apiVersion === apiVersion) return object
  const wire = version.conversion ? version.conversion.fromStored(object) : object
  return { ...wire, apiVersion }
}

/** From a client's version to the kind's stored one. */
export function fromWire({ kind, version }: Pick<WireForm, 'kind' | 'version'>, object: KubeObject): KubeObject {
  if (version === kind.storedVersion) return object
  const stored = version.conversion ? version.conversion.toStored(object) : object
  return {
    ...stored,
    apiVersion: kind.group === '' ? kind.storedVersion.version : `${kind.group}/${kind.storedVersion.version}`,
  }
}

const openBrace = new Uint8Array([0x7b])
const prefixes = new WeakMap<KindVersion, Uint8Array>()

/**
 * With what the stored bytes of an object begin when they are served as they are in this version; undefined: they must
 * be converted.
 * As an item of a built-in kind's list an object has no kind and apiVersion of its own.
 */
export function servedPrefix({ kind, version, apiVersion }: WireForm, asItem: boolean): Uint8Array | undefined {
  if (version.conversion || kind.storedAs) return undefined
  if (asItem && isBuiltIn(kind)) return openBrace
  let prefix = prefixes.get(version)
  if (!prefix) {
    prefix = typeBytes(kind.kind, apiVersion)
    prefixes.set(version, prefix)
  }
  return prefix
}
