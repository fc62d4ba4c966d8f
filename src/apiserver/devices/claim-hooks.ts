/** What claims for devices and their templates must keep to that takes more than the object: namespaces and rights. */
import { resourceClaim } from '#api/resource/resourceclaim/resourceclaim.ts'
import { resourceClaimTemplate } from '#api/resource/resourceclaimtemplate/resourceclaimtemplate.ts'
import type { Namespace } from '#api/gen/core-v1.ts'
import type {
  DeviceRequest, DeviceRequestAllocationResult, ResourceClaim, ResourceClaimTemplate,
} from '#api/gen/resource-v1.ts'
import { invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { findFaults, forbiddenValue, internalFault } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import { validateObjectMeta } from '#machinery/meta/validate-object-meta.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import { kindSubject, type KindHooks } from '../rest/context.ts'
import type { NewestObjects } from '../rest/newest-objects.ts'
import { statusFaults } from './claim-authorization.ts'

/** Namespaces that may have it carry this label, with the value `true` (KEP-5018). */
const adminAccessLabel = 'resource.kubernetes.io/admin-access'

export interface ClaimHooksOptions {
  readonly authorizer: Authorizer
  /** Asked for with each write: the server is there by then. */
  readonly objects: () => Pick<NewestObjects, 'get'>
}

/** By `group/plural`. What is refused here is told before what the kind's own validation finds, in one answer. */
export function deviceClaimHooks({ authorizer, objects }: ClaimHooksOptions): ReadonlyMap<string, KindHooks> {
  const mayAdminister = (namespace: string, path: string): readonly FieldError[] =>
    adminAccessFaults(objects().get<Namespace>({ group: '', plural: 'namespaces' }, '', namespace), namespace, path)
  const claims: KindHooks = {
    beforeCreate(object, { namespace }) {
      const path = requestedAdminAccess((object as ResourceClaim).spec?.devices?.requests)
      refuseNew(resourceClaim, object, path === undefined ? [] : mayAdminister(namespace, path))
      return undefined
    },
    async beforeUpdate(object, old, scope) {
      if (scope.subresource !== 'status') return undefined
      const claim = object as ResourceClaim
      const before = old as Stored<ResourceClaim>
      const path = grantedAdminAccess(before) === undefined ? grantedAdminAccess(claim) : undefined
      const faults = [
        ...(path === undefined ? [] : mayAdminister(scope.namespace, path)),
        ...await statusFaults(authorizer, scope, claim, before),
      ]
      if (faults.length > 0) {
        const others = findFaults(() => resourceClaim.validateStatusUpdate!(claim, before))
        throw invalid(kindSubject(resourceClaim), claim.metadata?.name ?? '', [...faults, ...others])
      }
      return undefined
    },
  }
  const templates: KindHooks = {
    beforeCreate(object, { namespace }) {
      const path = requestedAdminAccess((object as ResourceClaimTemplate).spec?.spec?.devices?.requests)
      refuseNew(resourceClaimTemplate, object, path === undefined ? [] : mayAdminister(namespace, path))
      return undefined
    },
  }
  return new Map([['resource.k8s.io/resourceclaims', claims], ['resource.k8s.io/resourceclaimtemplates', templates]])
}

function refuseNew(kind: AnyKind, object: KubeObject, faults: readonly FieldError[]): void {
  if (faults.length === 0) return
  const others = findFaults(() =>
    [...validateObjectMeta(object.metadata ?? {}, kind), ...(kind.validateCreate?.(object) ?? [])])
  throw invalid(kindSubject(kind), object.metadata?.name ?? '', [...faults, ...others])
}

/** The path of the first request with it, which upstream writes so in templates and in every version alike. */
function requestedAdminAccess(requests: readonly DeviceRequest[] | undefined): string | undefined {
  const index = requests?.findIndex(({ exactly }) => exactly?.adminAccess === true) ?? -1
  return index < 0 ? undefined : `spec.devices.requests[${index}].adminAccess`
}

function grantedAdminAccess({ status }: DeepReadonly<ResourceClaim>): string | undefined {
  const results: readonly DeepReadonly<DeviceRequestAllocationResult>[] = status?.allocation?.devices?.results ?? []
  const index = results.findIndex(({ adminAccess }) => adminAccess === true)
  return index < 0 ? undefined : `status.allocation.devices.results[${index}].adminAccess`
}

function adminAccessFaults(
  found: Stored<Namespace> | undefined, namespace: string, path: string,
): readonly FieldError[] {
  if (!found) {
    return [internalFault(path,
      `could not retrieve namespace to verify admin access: namespaces ${JSON.stringify(namespace)} not found`)]
  }
  return found.metadata.labels?.[adminAccessLabel] === 'true' ? [] : [forbiddenValue(path,
    `admin access to devices requires the \`${adminAccessLabel}: true\` label on the containing namespace`)]
}
