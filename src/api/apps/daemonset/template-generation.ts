/**
 * How often the template of a DaemonSet has changed. A field of versions long gone, which v1 has in an annotation,
 * always: no client sets it after the creation, and none can leave it out.
 */
import { semanticEqual } from '#base/deep-equal.ts'
import { JsonError } from '#machinery/codec/json.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { DaemonSet } from '../../gen/apps-v1.ts'

export const templateGeneration = 'deprecated.daemonset.template.generation'

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** Brings what a client sent into the form of a number; absent, it is 0. Throws JsonError for what is no number. */
export function readTemplateCount(object: DaemonSet): void {
  const text = object.metadata?.annotations?.[templateGeneration]
  write(object, text === undefined ? 0n : parse(text))
}

/** Of a new object. */
export function countTemplate(object: DaemonSet): void {
  const given = countOf(object)
  write(object, given < 1n ? 1n : given)
}

export function keepTemplateCount(object: DaemonSet, old: Stored<DaemonSet>): void {
  const before = countOf(old)
  write(object, semanticEqual(object.spec?.template, old.spec?.template) ? before : before + 1n)
}

function countOf({ metadata }: DaemonSet | Stored<DaemonSet>): bigint {
  const text = metadata?.annotations?.[templateGeneration] ?? ''
  return /^-?\d+$/.test(text) ? BigInt(text) : 0n
}

function write(object: DaemonSet, count: bigint): void {
  const metadata = object.metadata ??= {}
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(count) }
}

function parse(text: string): bigint {
  const fault = (why: string): JsonError => new JsonError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`)
  if (!/^[+-]?\d+$/.test(text)) throw fault('invalid syntax')
  const value = BigInt(text.replace('+', ''))
  if (value < int64.min || value > int64.max) throw fault('value out of range')
  return value
}
