/** The objects that every cluster has from its first moment, made through the server itself. */
import type { Namespace } from '#api/gen/core-v1.ts'
import type { ServiceCIDR } from '#api/gen/networking-v1.ts'
import type { PriorityClass } from '#api/gen/scheduling-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { Transport } from '#client/transport.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import type { KindRegistry } from '../kind-registry.ts'

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const

export function systemNamespaceObjects(): Namespace[] {
  return systemNamespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
}

export function serviceCidrObject(cidrs: readonly string[]): ServiceCIDR {
  return {
    apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'kubernetes' },
    spec: { cidrs: [...cidrs] },
  }
}

export function systemPriorityClasses(): PriorityClass[] {
  const make = (name: string, value: number, description: string): PriorityClass => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
    globalDefault: false,
  })
  return [
    make(
      'system-node-critical', 2_000_001_000,
      'Used for system critical pods that must not be moved from their current node.',
    ),
    make(
      'system-cluster-critical', 2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ),
  ]
}

/**
 * Creates each object unless it is there, in no certain order. Roles and bindings that carry upstream's autoupdate
 * annotation get back what they
 * have lost; what an administrator added stays.
 */
export async function ensureObjects(
  transport: Transport, kinds: KindRegistry, objects: readonly KubeObject[], signal: AbortSignal,
): Promise<void> {
  const queue = [...objects]
  const work = async (): Promise<void> => {
    for (let object = queue.shift(); object; object = queue.shift()) {
      await ensureObject(transport, kinds, object, signal)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, queue.length) }, work))
}

/** Writes under way at the same time: enough for all that a cluster begins with, which the disk gets in one piece. */
const width = 256

async function ensureObject(
  transport: Transport, kinds: KindRegistry, object: KubeObject, signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const resource = kinds.findByKind(object.apiVersion ?? '', object.kind ?? '')
  const groupVersion = parseApiVersion(object.apiVersion ?? '')
  if (!resource || !groupVersion) throw new Error(`no kind ${object.kind} of ${object.apiVersion} is served`)
  const { name, namespace } = object.metadata!
  const path = { ...groupVersion, resource: resource.kind.plural, namespace }
  try {
    await transport.call({ verb: 'create', path, object, options: {} }, { signal })
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error
    const existing = await transport.call({ verb: 'get', path: { ...path, name } }, { signal })
    const repaired = repair(existing as Stored<KubeObject>, object)
    if (repaired) {
      await transport.call({ verb: 'update', path: { ...path, name }, object: repaired, options: {} }, { signal })
    }
  }
}

interface Policy extends KubeObject {
  rules?: unknown[]
  subjects?: unknown[]
}

/** The existing role or binding with what is missing from it; undefined when nothing is, or it is not to be touched. */
export function repair(existing: Stored<KubeObject>, wanted: KubeObject): KubeObject | undefined {
  if (existing.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] !== 'true') return undefined
  const now = existing as Stored<Policy>
  const { rules = [], subjects = [] } = wanted as Policy
  const missing = (have: readonly unknown[], want: readonly unknown[]): unknown[] =>
    want.filter((item) => !have.some((other) => semanticEqual(item, other)))
  const missingRules = missing(now.rules ?? [], rules)
  const missingSubjects = missing(now.subjects ?? [], subjects)
  // An aggregated role's rules are its controller's.
  const aggregated = 'aggregationRule' in wanted
  if ((aggregated || missingRules.length === 0) && missingSubjects.length === 0) return undefined
  const object = cloneJson(existing) as unknown as Policy
  if (!aggregated && missingRules.length > 0) object.rules = [...(object.rules ?? []), ...missingRules]
  if (missingSubjects.length > 0) object.subjects = [...(object.subjects ?? []), ...missingSubjects]
  return object
}
