/** A struct's fields as protobuf sees them: by number, with the messages that Go's embedded structs are. */
import type { FieldSchema, StructSchema } from '../schema/schema.ts'

export type PlanEntry =
  | { readonly kind: 'field'; readonly number: number; readonly field: FieldSchema }
  | { readonly kind: 'embedded'; readonly number: number; readonly plan: Plan }

export interface Plan {
  readonly proto3: boolean
  /** Rising numbers: the order on the wire. */
  readonly entries: readonly PlanEntry[]
  /** Index by number. */
  readonly byNumber: readonly (PlanEntry | undefined)[]
  /** proto3 only: enum fields, which have their first name when they are absent. */
  readonly enums: readonly FieldSchema[]
}

const plans = new WeakMap<StructSchema, Plan>()

export function planOf(struct: StructSchema): Plan {
  let plan = plans.get(struct)
  if (!plan) {
    plan = makePlan(struct.fields.filter((field) => field.protoNumber !== undefined), 0, struct.protobuf === 'proto3')
    plans.set(struct, plan)
  }
  return plan
}

function makePlan(fields: readonly FieldSchema[], depth: number, proto3: boolean): Plan {
  const entries: PlanEntry[] = []
  const embedded = new Map<number, FieldSchema[]>()
  for (const field of fields) {
    const through = field.protoPath?.[depth]
    if (through === undefined) entries.push({ kind: 'field', number: field.protoNumber!, field })
    else embedded.set(through, [...(embedded.get(through) ?? []), field])
  }
  for (const [number, inner] of embedded) {
    entries.push({ kind: 'embedded', number, plan: makePlan(inner, depth + 1, proto3) })
  }
  entries.sort((left, right) => left.number - right.number)
  const byNumber: (PlanEntry | undefined)[] = []
  for (const entry of entries) byNumber[entry.number] = entry
  return { proto3, entries, byNumber, enums: fields.filter(({ shape }) => shape.type === 'enum') }
}
