/** What expressions that choose devices see: one device, as its driver publishes it (KEP-4381). */
import { compileForAdmission, objectType } from './admission.ts'
import { createDialect } from './dialect.ts'
import type { Environment } from './environment.ts'
import { quantityTypeName } from './library/quantities.ts'
import { boolType, dynType, formatType, mapOf, opaque, stringType } from './types.ts'

const deviceType = objectType('kubernetes.DRADevice', {
  driver: stringType, allowMultipleAllocations: boolType,
  attributes: mapOf(stringType, mapOf(stringType, dynType)),
  capacity: mapOf(stringType, mapOf(stringType, opaque(quantityTypeName))),
})

/** Put together with the first expression that needs it. */
let environment: Environment | undefined

/** undefined: it compiles, and says yes or no of a device. */
export function faultOfDeviceExpression(source: string): string | undefined {
  const { compiled, fault } = compileForAdmission(source, environment ??= createDialect([['device', deviceType]]), [])
  if (!compiled) return fault
  const { type } = compiled
  return type.kind === 'bool' || type.kind === 'dyn' ? undefined
    : `must evaluate to bool or the unknown type, not ${formatType(type)}`
}
