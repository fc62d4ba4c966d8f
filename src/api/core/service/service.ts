/** Service: a stable address for a changing set of pods. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Service } from '../../gen/core-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { formatLabels } from '../../printing/labels.ts'
import { formatLoadBalancer } from '../../printing/load-balancer.ts'
import { separateStatus } from '../../strategy.ts'
import { validateServiceStatus } from './load-balancer.validation.ts'
import { prepareServiceCreate, prepareServiceUpdate, setServiceDefaults } from './service-defaults.ts'
import { validateServiceUpdate } from './service-update.validation.ts'
import { serviceStatusWarnings, serviceWarnings } from './service-warnings.ts'
import { validateService } from './service.validation.ts'

const statusStrategy = separateStatus<Service>({ loadBalancer: {} })

export const service = defineKind<Service>({
  group: '', kind: 'Service', plural: 'services', shortNames: ['svc'], categories: ['all'], scope: 'Namespaced',
  nameRule: 'dns1123Label', createOnUpdate: true,
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.Service', served: true, stored: true }],
  setDefaults: setServiceDefaults,
  prepareForCreate: (object) => {
    statusStrategy.prepareForCreate(object)
    prepareServiceCreate(object)
  },
  prepareForUpdate: (object, old, context) => {
    statusStrategy.prepareForUpdate(object, old, context)
    if (context.subresource === '') prepareServiceUpdate(object, old)
  },
  validateCreate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatus,
  warnings: serviceWarnings,
  statusWarnings: serviceStatusWarnings,
  subresources: {
    status: true, keptByStatus: [],
    others: [{
      name: 'proxy',
      kind: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    }],
  },
  selectableFields: (object) => ({
    'spec.clusterIP': object.spec?.clusterIP ?? '', 'spec.type': object.spec?.type ?? '',
  }),
  columns: [
    nameColumn(),
    text('Type', 'How the service is exposed', (object) => object.spec?.type ?? ''),
    text('Cluster-IP', 'Virtual address inside the cluster', (object) => object.spec?.clusterIPs?.[0] ?? '<none>'),
    text('External-IP', 'Addresses outside the cluster', formatExternalIp),
    text('Port(s)', 'Ports that the service exposes', formatPorts),
    ageColumn(),
    text('Selector', 'Labels of the pods behind the service', (object) => formatLabels(object.spec?.selector), 'wide'),
  ],
})

function formatExternalIp({ spec, status }: Stored<Service>): string {
  const external = spec?.externalIPs ?? []
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort': return external.join(',') || '<none>'
    case 'LoadBalancer': return [
      formatLoadBalancer(status?.loadBalancer?.ingress), ...external,
    ].filter(Boolean).join(',') || '<pending>'
    case 'ExternalName': return spec.externalName ?? ''
    default: return '<unknown>'
  }
}

function formatPorts({ spec }: Stored<Service>): string {
  const ports = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`)
  return ports.join(',') || '<none>'
}
