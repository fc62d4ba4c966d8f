/** A kubelet writes only what is its own node's: the Node, its Lease and CSINode, and the pods that run on it. */
import type { TokenRequest } from '#api/gen/authentication-v1.ts'
import type { Node, PersistentVolumeClaim, Pod } from '#api/gen/core-v1.ts'
import type { ResourceSlice } from '#api/gen/resource-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { notFound, type ApiError } from '#machinery/errors/api-error.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { nodeNameOf } from '../../authz/node-authorizer.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { isMirrorPod, refuse, resourceOf } from '../refusal.ts'
import { referencesSecret } from './service-account.ts'

/** In `mutate`, as upstream's: before other plugins change the object that is judged. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  mutate(attributes, context) {
    const node = nodeNameOf(attributes.user)
    if (node === undefined) return
    if (node === '') throw refuse(attributes, `could not determine node from user ${quoteGo(attributes.user.name)}`)
    const error = checkFor(attributes, context, node)
    if (error) throw typeof error === 'string' ? refuse(attributes, error) : error
  },
}

/** Undefined: nothing against it. */
type Problem = string | ApiError | undefined

function checkFor(attributes: AdmissionAttributes, context: AdmissionContext, node: string): Problem {
  const { subresource } = attributes
  const { group, resource } = resourceOf(attributes)
  switch (`${resource}.${group}`) {
    case 'pods.':
      if (subresource === '') return checkPod(attributes, context, node)
      if (subresource === 'status') return checkPodStatus(attributes, node)
      if (subresource === 'eviction') return checkEviction(attributes, context, node)
      return `unexpected pod subresource ${quoteGo(subresource)}, only 'status' and 'eviction' are allowed`
    case 'nodes.':
      return checkNode(attributes, node)
    case 'persistentvolumeclaims.':
      return subresource === 'status' ? checkClaimStatus(attributes, node) : 'may only update PVC status'
    case 'serviceaccounts.':
      return checkToken(attributes, context, node)
    case 'leases.coordination.k8s.io':
      return checkLease(attributes, node)
    case 'csinodes.storage.k8s.io':
      return ownName(attributes) === node
        ? undefined
        : 'can only access CSINode with the same name as the requesting node'
    case 'resourceslices.resource.k8s.io':
      return checkSlice(attributes, node)
    default:
      return undefined
  }
}

function checkPod(attributes: AdmissionAttributes, context: AdmissionContext, node: string): Problem {
  const quoted = quoteGo(node)
  if (attributes.operation === 'DELETE') {
    const pod = attributes.old as Stored<Pod> | undefined
    return pod?.spec?.nodeName === node
      ? undefined
      : `node ${quoted} can only delete pods with spec.nodeName set to itself`
  }
  if (attributes.operation !== 'CREATE') {
    return `unexpected operation ${quoteGo(attributes.operation)}, node ${quoted} can only create and delete mirror pods`
  }
  const pod = attributes.object as Pod
  const { spec } = pod
  if (!isMirrorPod(pod)) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, node ${quoted} can only create mirror pods`
  }
  if (spec?.nodeName !== node) return `node ${quoted} can only create pods with spec.nodeName set to itself`
  const owner = checkOwner(pod, context, node)
  if (owner) return owner
  const cannot = (what: string): string => `node ${quoted} can not create pods that reference ${what}`
  if (spec.serviceAccountName) return cannot('a service account')
  if (referencesSecret(pod)) return cannot('secrets')
  if (referencesConfigMap(pod)) return cannot('configmaps')
  if (spec.volumes?.some((volume) => volume.persistentVolumeClaim)) return cannot('persistentvolumeclaims')
  if (spec.resourceClaims?.length) return cannot('resourceclaims')
  return undefined
}

function checkOwner(pod: Pod, context: AdmissionContext, node: string): Problem {
  const quoted = quoteGo(node)
  const owners = pod.metadata?.ownerReferences ?? []
  if (owners.length > 1) return `node ${quoted} can only create pods with a single owner reference set to itself`
  const [owner] = owners
  if (!owner || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return `node ${quoted} can only create pods with an owner reference set to itself`
  }
  if (!owner.controller) return `node ${quoted} can only create pods with a controller owner reference set to itself`
  if (owner.blockOwnerDeletion) return `node ${quoted} must not set blockOwnerDeletion on an owner reference`
  const object = context.get<Node>({ group: '', plural: 'nodes' }, '', node)
  if (!object) return notFound({ group: '', resource: 'nodes' }, node)
  return owner.uid === object.metadata.uid
    ? undefined
    : `node ${node} UID mismatch: expected ${owner.uid} got ${object.metadata.uid}`
}

function referencesConfigMap(pod: Pod): boolean {
  const { spec } = pod
  const containers = [...spec?.initContainers ?? [], ...spec?.containers ?? [], ...spec?.ephemeralContainers ?? []]
  return (
    containers.some(
      ({ env, envFrom }) =>
        env?.some((variable) => variable.valueFrom?.configMapKeyRef) || envFrom?.some((source) => source.configMapRef),
    )
    || (spec?.volumes ?? []).some(
      (volume) => volume.configMap || volume.projected?.sources?.some((source) => source.configMap),
    )
  )
}

function checkPodStatus(attributes: AdmissionAttributes, node: string): Problem {
  if (attributes.operation !== 'UPDATE') return `unexpected operation ${quoteGo(attributes.operation)}`
  const quoted = quoteGo(node)
  const old = attributes.old as DeepReadonly<Pod>
  const pod = attributes.object as Pod
  if (old.spec?.nodeName !== node) {
    return `node ${quoted} can only update pod status for pods with spec.nodeName set to itself`
  }
  if (!semanticEqual(old.metadata?.labels, pod.metadata?.labels)) {
    return `node ${quoted} cannot update labels through pod status`
  }
  // Otherwise a node could give itself any claim, and through it what the claim's driver knows.
  if (!semanticEqual(old.status?.resourceClaimStatuses, pod.status?.resourceClaimStatuses)) {
    return `node ${quoted} cannot update resource claim statuses`
  }
  if (!semanticEqual(old.status?.extendedResourceClaimStatus, pod.status?.extendedResourceClaimStatus)) {
    return `node ${quoted} cannot update extended resource claim status`
  }
  return undefined
}

function checkEviction(attributes: AdmissionAttributes, context: AdmissionContext, node: string): Problem {
  if (attributes.operation !== 'CREATE') return `unexpected operation ${attributes.operation}`
  const name = ownName(attributes)
  if (name === '') return 'could not determine pod from request data'
  const pod = context.get<Pod>({ group: '', plural: 'pods' }, attributes.namespace, name)
  if (!pod) return notFound({ group: '', resource: 'pods' }, name)
  return pod.spec?.nodeName === node ? undefined : `node ${node} can only evict pods with spec.nodeName set to itself`
}

function checkClaimStatus(attributes: AdmissionAttributes, node: string): Problem {
  if (attributes.operation !== 'UPDATE') return `unexpected operation ${quoteGo(attributes.operation)}`
  const rest = (claim: DeepReadonly<PersistentVolumeClaim>): unknown => {
    const { metadata, status, ...others } = claim
    const { resourceVersion: _, managedFields: __, ...kept } = metadata ?? {}
    const {
      capacity: _1,
      conditions: _2,
      allocatedResources: _3,
      allocatedResourceStatuses: _4,
      ...keptStatus
    } = status ?? {}
    return { ...others, metadata: kept, status: keptStatus }
  }
  if (
    semanticEqual(
      rest(attributes.old as DeepReadonly<PersistentVolumeClaim>),
      rest(attributes.object as PersistentVolumeClaim),
    )
  ) {
    return undefined
  }
  return `node ${quoteGo(node)} is not allowed to update fields other than status.quantity and status.conditions`
}

function checkNode(attributes: AdmissionAttributes, name: string): Problem {
  const requested = ownName(attributes)
  const quoted = quoteGo(name)
  if (requested !== name) return `node ${quoted} is not allowed to modify node ${quoteGo(requested)}`
  const node = attributes.object as Node | undefined
  if (!node) return undefined
  const old = attributes.old as DeepReadonly<Node> | undefined
  if (old) {
    if (!semanticEqual(node.spec?.taints, old.spec?.taints)) return `node ${quoted} is not allowed to modify taints`
    // Whoever sets its owner can have the garbage collector delete it, and come back under other labels.
    if (!semanticEqual(node.metadata?.ownerReferences, old.metadata?.ownerReferences)) {
      return `node ${quoted} is not allowed to modify ownerReferences`
    }
  }
  const labels = forbiddenLabels(node.metadata?.labels ?? {}, old?.metadata?.labels ?? {})
  if (labels.length === 0) return undefined
  return old
    ? `is not allowed to modify labels: ${labels.join(', ')}`
    : `node ${quoted} is not allowed to set the following labels: ${labels.join(', ')}`
}

const kubeletLabels: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])

function forbiddenLabels(now: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>): string[] {
  const changed = Object.keys({ ...now, ...before }).filter((key) => now[key] !== before[key])
  return changed.filter((key) => {
    const slash = key.indexOf('/')
    const domain = slash < 0 ? '' : key.slice(0, slash)
    if (isIn(domain, 'node-restriction.kubernetes.io')) return true
    if (!isIn(domain, 'kubernetes.io') && !isIn(domain, 'k8s.io')) return false
    return !kubeletLabels.has(key) && !isIn(domain, 'kubelet.kubernetes.io') && !isIn(domain, 'node.kubernetes.io')
  }).toSorted()
}

function isIn(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`)
}

function checkToken(attributes: AdmissionAttributes, context: AdmissionContext, node: string): Problem {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return undefined
  const reference = (attributes.object as TokenRequest).spec?.boundObjectRef
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name) {
    return 'node requested token not bound to a pod'
  }
  if (!reference.uid) return 'node requested token with a pod binding without a uid'
  const pod = context.get<Pod>({ group: '', plural: 'pods' }, attributes.namespace, reference.name)
  if (!pod) return notFound({ group: '', resource: 'pods' }, reference.name)
  if (pod.metadata.uid !== reference.uid) {
    return `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`
  }
  return pod.spec?.nodeName === node ? undefined : 'node requested token bound to a pod scheduled on a different node'
}

function checkLease(attributes: AdmissionAttributes, node: string): Problem {
  if (attributes.namespace !== 'kube-node-lease') {
    return 'can only access leases in the "kube-node-lease" system namespace'
  }
  return ownName(attributes) === node
    ? undefined
    : 'can only access node lease with the same name as the requesting node'
}

function checkSlice(attributes: AdmissionAttributes, node: string): Problem {
  const { operation } = attributes
  const slice = (operation === 'CREATE' ? attributes.object : attributes.old) as DeepReadonly<ResourceSlice> | undefined
  if (operation === 'CONNECT' || slice?.spec.nodeName === node) return undefined
  return `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`
}

function ownName({ name, object }: AdmissionAttributes): string {
  return name || (object?.metadata?.name ?? '')
}
