/** Who may write which part of a claim's status (KEP-4817, upstream: registry/resource/utils.go, v1.36). */
import type {
  AllocatedDeviceStatus, AllocationResult, ResourceClaim, ResourceClaimStatus,
} from '#api/gen/resource-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import type { Authorizer, ResourceAttributes } from '../authz/authorizer.ts'
import { forbiddenRequest } from '../rest/authorize.ts'
import type { RequestScope } from '../rest/context.ts'

type Status = DeepReadonly<ResourceClaimStatus>

/**
 * Beside the right to write the status: `resourceclaims/binding` for the allocation and who uses it, and
 * `resourceclaims/driver`, named as each driver, for what drivers tell of their devices.
 */
export async function statusFaults(
  authorizer: Authorizer, scope: RequestScope, claim: ResourceClaim, old: Stored<ResourceClaim>,
): Promise<readonly FieldError[]> {
  const status = claim.status ?? {}
  const before = old.status ?? {}
  return [
    ...await bindingFaults(authorizer, scope, status, before),
    ...await driverFaults(authorizer, scope, status, before),
  ]
}

async function bindingFaults(
  authorizer: Authorizer, scope: RequestScope, status: Status, before: Status,
): Promise<readonly FieldError[]> {
  const same = semanticEqual(status.allocation, before.allocation)
    && semanticEqual(status.reservedFor, before.reservedFor)
  if (same) return []
  const refusal = await whyRefused(authorizer, {
    ...attributesOf(scope), verb: scope.verb, subresource: 'binding', namespace: '', name: '',
  })
  if (refusal === undefined) return []
  return [forbiddenValue('status', 'changing status.allocation or status.reservedFor requires '
    + `resource="resourceclaims/binding", verb="${scope.verb}" permission: ${refusal}`)]
}

async function driverFaults(
  authorizer: Authorizer, scope: RequestScope, status: Status, before: Status,
): Promise<readonly FieldError[]> {
  const isOnNode = isAccountOnNode(scope, nodeOfAllocation(status.allocation))
  const verbs = [...(isOnNode ? ['associated-node:'] : []), 'arbitrary-node:'].map((prefix) => prefix + scope.verb)
  const errors: FieldError[] = []
  for (const driver of changedDrivers(status.devices ?? [], before.devices ?? [])) {
    const refusal = await whyNoneIsAllowed(authorizer, scope, verbs, driver)
    if (refusal === undefined) continue
    errors.push(forbiddenValue('status.devices', 'changing status.devices requires '
      + `resource="resourceclaims/driver", verb="[${verbs.join(' ')}]" permission: ${refusal}`))
  }
  return errors
}

/** Any of the verbs is enough; what is told is why the first one is not. */
async function whyNoneIsAllowed(
  authorizer: Authorizer, scope: RequestScope, verbs: readonly string[], driver: string,
): Promise<string | undefined> {
  let first: string | undefined
  for (const verb of verbs) {
    const refusal = await whyRefused(authorizer, { ...attributesOf(scope), verb, subresource: 'driver', name: driver })
    if (refusal === undefined) return undefined
    first ??= refusal
  }
  return first
}

async function whyRefused(authorizer: Authorizer, attributes: ResourceAttributes): Promise<string | undefined> {
  const { allowed, reason, error } = await authorizer.authorize(attributes)
  if (allowed) return undefined
  const why = [error, reason].filter(Boolean).join(': ')
  return forbiddenRequest(attributes, why).message
}

function attributesOf({ user, kind, version, namespace, name, verb, subresource }: RequestScope): ResourceAttributes {
  return {
    type: 'resource', user, verb, group: kind.group, version: version.version, resource: kind.plural, subresource,
    namespace, name,
  }
}

/** In order. Those with an entry that is new, gone or different. */
export function changedDrivers(
  devices: readonly DeepReadonly<AllocatedDeviceStatus>[], before: readonly DeepReadonly<AllocatedDeviceStatus>[],
): readonly string[] {
  const old = new Map(before.map((device) => [deviceKey(device), device]))
  const changed = new Set<string>()
  for (const device of devices) {
    const key = deviceKey(device)
    if (!semanticEqual(old.get(key), device)) changed.add(device.driver)
    old.delete(key)
  }
  for (const { driver } of old.values()) changed.add(driver)
  return [...changed].toSorted()
}

function deviceKey({ driver, pool, device, shareID = '' }: DeepReadonly<AllocatedDeviceStatus>): string {
  return JSON.stringify([driver, pool, device, shareID])
}

/** The one node whose name the allocation asks for, in the form in which the scheduler writes it. */
export function nodeOfAllocation(allocation: DeepReadonly<AllocationResult> | undefined): string | undefined {
  const [term, ...others] = allocation?.nodeSelector?.nodeSelectorTerms ?? []
  if (!term || others.length > 0 || (term.matchExpressions ?? []).length > 0) return undefined
  const [field, ...more] = term.matchFields ?? []
  if (!field || more.length > 0 || field.key !== 'metadata.name' || field.operator !== 'In') return undefined
  return field.values?.length === 1 ? field.values[0] : undefined
}

/** A service account whose token is bound to a pod of that node. */
function isAccountOnNode({ user }: RequestScope, node: string | undefined): boolean {
  if (!node || !/^system:serviceaccount:[^:]+:[^:]+$/.test(user.name)) return false
  const names = user.extra?.['authentication.kubernetes.io/node-name'] ?? []
  return names.length === 1 && names[0] === node && validateDns1123Subdomain(node).length === 0
}
