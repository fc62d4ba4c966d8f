/** Node: a machine that runs pods. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { rangeWarnings } from '../../addresses.validation.ts'
import type { Node } from '../../gen/core-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { validateNode, validateNodeUpdate } from './node.validation.ts'

const statusStrategy = separateStatus<Node>({})

export const node = defineKind<Node>({
  group: '', kind: 'Node', plural: 'nodes', shortNames: ['no'], scope: 'Cluster',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.Node', served: true, stored: true }],
  setDefaults,
  // Unlike other kinds, a Node keeps the status that it is created with: the kubelet registers itself in one request.
  prepareForUpdate: statusStrategy.prepareForUpdate,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeUpdate,
  warnings: warnNode,
  subresources: {
    status: true, keptByStatus: [],
    others: [{
      name: 'proxy',
      kind: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    }],
  },
  selectableFields: (object) => ({ 'spec.unschedulable': String(object.spec?.unschedulable ?? false) }),
  columns: [
    nameColumn(),
    text('Status', 'The status of the node', formatStatus),
    text('Roles', 'The roles of the node', formatRoles),
    ageColumn(),
    text('Version', 'Version of the kubelet', (object) => object.status?.nodeInfo?.kubeletVersion ?? ''),
    text('Internal-IP', 'Address inside the cluster', (object) => addressOf(object, 'InternalIP'), 'wide'),
    text('External-IP', 'Address outside the cluster', (object) => addressOf(object, 'ExternalIP'), 'wide'),
    text('OS-Image', 'Operating system', (object) => object.status?.nodeInfo?.osImage || '<unknown>', 'wide'),
    text(
      'Kernel-Version',
      'Version of the kernel',
      formatKernel,
      'wide',
    ),
    text('Container-Runtime', 'Name and version of the container runtime',
      (object) => object.status?.nodeInfo?.containerRuntimeVersion || '<unknown>', 'wide'),
  ],
})

function setDefaults(object: Node): void {
  const status = object.status
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity }
}

function warnNode({ spec }: Node): string[] {
  return [
    ...(spec?.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec?.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...(spec?.podCIDRs ?? []).flatMap((range, index) => rangeWarnings(range, `spec.podCIDRs[${index}]`)),
  ]
}

/** `6.1.0 (amd64)`. */
function formatKernel({ status }: Stored<Node>): string {
  const { kernelVersion, architecture } = status?.nodeInfo ?? {}
  return (kernelVersion || '<unknown>') + (architecture ? ` (${architecture})` : '')
}

function formatStatus(object: Stored<Node>): string {
  const ready = object.status?.conditions?.findLast((condition) => condition.type === 'Ready')
  const parts = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown']
  if (object.spec?.unschedulable) parts.push('SchedulingDisabled')
  return parts.join(',')
}

const rolePrefix = 'node-role.kubernetes.io/'

/** From labels `node-role.kubernetes.io/<role>` and `kubernetes.io/role=<role>`. */
function formatRoles(object: Stored<Node>): string {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length))
    else if (key === 'kubernetes.io/role' && value) roles.add(value)
  }
  return [...roles].toSorted().join(',') || '<none>'
}

function addressOf(object: Stored<Node>, type: string): string {
  return object.status?.addresses?.find((address) => address.type === type)?.address ?? '<none>'
}
