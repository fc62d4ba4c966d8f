/** What a type or a field is for, in a sentence: read when OpenAPI is asked for, and not before. */
import type { FieldSchema, StructSchema } from '#machinery/schema/schema.ts'
import { networking, discovery, rbac, storage, node, events, coordination, certificates } from './cluster.ts'
import { coreLater } from './core-later.ts'
import { core } from './core.ts'
import { resource } from './devices.ts'
import {
  admission, admissionregistration, apidiscovery, apiextensions, apiregistration, apiserverinternal, authentication,
  authorization, customMetrics, externalMetrics, flowcontrol, imagepolicy, metrics, storagemigration,
} from './extension.ts'
import { machinery } from './machinery.ts'
import { parseDescriptions, type Descriptions } from './parse.ts'
import { shared } from './shared.ts'
import { apps, autoscaling, batch, policy, scheduling } from './workloads.ts'

/** By the part of a definition's name before its version. Functions, so that texts cost nothing until they are read. */
export const descriptionSources: Readonly<Record<string, () => string>> = {
  shared, core: () => core() + coreLater(), apps, autoscaling, batch, policy, scheduling,
  networking, discovery, rbac, storage, node, events, coordination, certificates, resource,
  admission, admissionregistration, apidiscovery, apiextensions, apiregistration, apiserverinternal, authentication,
  authorization, flowcontrol, imagepolicy, metrics, storagemigration,
  custom_metrics: customMetrics, external_metrics: externalMetrics,
  meta: machinery,
}

/** undefined for a type that nothing is written about. `name` is upstream's definition name. */
export function describeType(name: string): string | undefined {
  const { group, type } = partsOf(name)
  const own = textsOf(group).types.get(type) ?? textsOf('meta').types.get(type)
  if (own !== undefined) return own
  if (type.endsWith('List')) return `A list of ${type.slice(0, -'List'.length)} objects.`
  return type.endsWith('Condition') ? `A fact about the state of a ${type.slice(0, -'Condition'.length)}.` : undefined
}

/** undefined for a field that nothing is written about. */
export function describeField(struct: StructSchema, field: FieldSchema): string | undefined {
  const { group, type } = partsOf(struct.name)
  return ownText(textsOf(group), type, field.name)
    ?? describeByShape(type, field)
    ?? textsOf('shared').fields.get(`*.${field.name}`)
}

/** As the type itself has it, or the one that it is like. */
function ownText({ fields, likes }: Descriptions, type: string, field: string): string | undefined {
  const text = fields.get(`${type}.${field}`)
  const like = likes.get(type)
  return text ?? (like === undefined ? undefined : fields.get(`${like}.${field}`))
}

/** Fields that mean the same wherever they have the same type. */
function describeByShape(type: string, { name, shape }: FieldSchema): string | undefined {
  if (name === 'items' && type.endsWith('List')) return `The ${type.slice(0, -'List'.length)} objects.`
  if (name === 'metadata' && shape.type === 'struct' && shape.struct.name.endsWith('.ListMeta')) {
    return "The list's own metadata."
  }
  if (name === 'status' && shape.type === 'string') return 'True, False or Unknown.'
  return name === 'type' && type.endsWith('Condition') ? 'Which fact it is, in CamelCase.' : undefined
}

/** `core`, `apps`: the part of a definition's name before its version, which all versions share. */
function partsOf(name: string): { readonly group: string; readonly type: string } {
  const parts = name.split('.')
  const version = parts.at(-2) ?? ''
  return { group: (/^v\d/.test(version) ? parts.at(-3) : version) ?? '', type: parts.at(-1) ?? '' }
}

const parsed = new Map<string, Descriptions>()

function textsOf(group: string): Descriptions {
  const known = parsed.get(group)
  if (known) return known
  const texts = parseDescriptions(descriptionSources[group]?.() ?? '')
  parsed.set(group, texts)
  return texts
}
