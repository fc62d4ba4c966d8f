/** What expressions that choose devices see: one device, as its driver publishes it (KEP-4381). */
import { compileForAdmission, objectType } from './admission.ts'
import { createDialect } from './dialect.ts'
import type { Environment } from './environment.ts'
import { estimateCost } from './estimate.ts'
import { quantityTypeName } from './library/quantities.ts'
import { boolType, formatType, mapOf, opaque, type Type } from './types.ts'

/** What a selector may cost at most, in the worst case. */
const maxCost = 1_000_000
/** Attributes and capacities of a device, together. */
const maxEntries = 32

const text = (maxElements: number): Type => ({ kind: 'string', maxElements })
const domain = text(63)
const identifier = text(32)
/** Of an unknown type, but of a known size. */
const attribute: Type = { kind: 'dyn', maxElements: 64 }

const deviceType = objectType('kubernetes.DRADevice', {
  driver: text(63), allowMultipleAllocations: boolType,
  attributes: mapOf(domain, mapOf(identifier, attribute, maxEntries), maxEntries),
  capacity: mapOf(domain, mapOf(identifier, opaque(quantityTypeName), maxEntries), maxEntries),
})

/** Put together with the first expression that needs it. */
let environment: Environment | undefined

export type DeviceExpressionFault =
  | { readonly type: 'invalid'; readonly detail: string }
  /** For some device it could cost more than `maxCost`. */
  | { readonly type: 'costly' }

/** undefined: it compiles, says yes or no of a device, and can be afforded. */
export function faultOfDeviceExpression(source: string): DeviceExpressionFault | undefined {
  environment ??= createDialect([['device', deviceType]])
  const { compiled, fault } = compileForAdmission(source, environment, [])
  if (!compiled) return { type: 'invalid', detail: fault ?? '' }
  const { type, expression } = compiled
  if (type.kind !== 'bool' && type.kind !== 'dyn') {
    return { type: 'invalid', detail: `must evaluate to bool or the unknown type, not ${formatType(type)}` }
  }
  return estimateCost(expression, environment).max > maxCost ? { type: 'costly' } : undefined
}
