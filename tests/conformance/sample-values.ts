/** Values for samples where any value of the type would not do. */
import type { Json, JsonObject } from './valid-sample.ts'

/** By the name of a field, of whatever type. */
export const byField: Readonly<Record<string, Json>> = {
  namespace: 'default', apiVersion: 'apps/v1', kind: 'ReplicaSet', apiGroup: 'rbac.authorization.k8s.io', image: 'registry.example.com/team/app:v1',
  uid: '8f2f6f4e-2d2b-4a6e-9f3e-0d0a3a0f9a11', protocol: 'TCP', podIP: '10.1.2.3', hostIP: '10.0.0.4', ip: '10.1.2.3',
  cidr: '10.1.0.0/16', except: '10.1.2.0/24', podCIDR: '10.1.0.0/24', path: '/data/app', mountPath: '/mnt/app', host: 'app.example.com', hostname: 'app',
  schedule: '*/5 * * * *', timeZone: 'Etc/UTC', operator: 'Exists', provisioner: 'example.com/provisioner', driver: 'example.com', attacher: 'csi.example.com',
  url: 'https://hooks.example.com/path', signerName: 'example.com/signer', expression: 'true', messageExpression: '"no"', resource: 'requests.cpu',
  divisor: '1m', fieldPath: 'metadata.name', verbs: 'get', apiGroups: 'apps', apiVersions: 'v1', operations: 'CREATE', resources: 'deployments',
  key: 'example.com/key', accessModes: 'ReadWriteOnce', port: 80, targetPort: 8080, number: 80, controller: 'example.com/controller',
  nodeName: 'node-1', cidrs: '10.1.0.0/16', addresses: '10.1.2.3', addressType: 'IPv4', restartPolicy: 'Always', scope: 'Namespaced', ipFamilies: 'IPv4',
  fsType: 'ext4', valueExpression: '"value"', validationActions: 'Deny', policyName: 'policy.example.com', sideEffects: 'None',
  admissionReviewVersions: 'v1', volumeMode: 'Filesystem', allocationMode: 'ExactCount', pathType: 'Prefix',
}

const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'], scope: 'Namespaced' }
const matchConstraints = { resourceRules: [{ ...rule, resourceNames: ['app'] }], namespaceSelector: { matchLabels: { team: 'a' } }, objectSelector: {}, matchPolicy: 'Equivalent' }
const crossReference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app' }

/**
 * Fields of a struct, by the end of its name, in place of generated ones; null leaves a field out. What stands alone
 * here for a whole struct is under `''`.
 */
export const byType: Readonly<Record<string, JsonObject>> = {
  'meta.v1.ObjectMeta': { '': { labels: { app: 'sample' }, annotations: { note: 'sample' } } },
  'meta.v1.LabelSelector': { '': { matchLabels: { app: 'sample' } } },
  'meta.v1.LabelSelectorRequirement': { '': { key: 'team', operator: 'In', values: ['a', 'b'] } },
  'core.v1.NodeSelectorRequirement': { '': { key: 'example.com/zone', operator: 'In', values: ['a', 'b'] } },
  'core.v1.ResourceRequirements': { '': { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '500m', memory: '512Mi' } } },
  'core.v1.VolumeResourceRequirements': { '': { requests: { storage: '1Gi' }, limits: { storage: '2Gi' } } },
  'core.v1.PersistentVolumeSpec': { volumeAttributesClassName: null, capacity: { storage: '1Gi' }, claimRef: { namespace: 'default', name: 'data', apiVersion: 'v1', kind: 'PersistentVolumeClaim' } },
  'core.v1.PersistentVolumeClaim': { metadata: { name: 'data', labels: { app: 'sample' }, annotations: { note: 'sample' } } },
  'core.v1.PersistentVolumeClaimSpec': { dataSource: null, dataSourceRef: null },
  'core.v1.PodSpec': {
    volumes: [
      { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      { name: 'config', configMap: { name: 'config', items: [{ key: 'a', path: 'a.txt', mode: 256 }], defaultMode: 420, optional: true } },
      { name: 'secret', secret: { secretName: 'secret', items: [{ key: 'a', path: 'a.txt' }], defaultMode: 256, optional: true } },
      { name: 'host', hostPath: { path: '/var/lib/app', type: 'DirectoryOrCreate' } },
      { name: 'claim', persistentVolumeClaim: { claimName: 'data', readOnly: true } },
      { name: 'labels', downwardAPI: { items: [{ path: 'labels', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' } }] } },
      {
        name: 'all', projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { path: 'token', audience: 'api', expirationSeconds: 3600 } },
            { configMap: { name: 'config' } }, { secret: { name: 'secret' } },
            { downwardAPI: { items: [{ path: 'cpu', resourceFieldRef: { containerName: 'name', resource: 'limits.cpu', divisor: '1m' } }] } },
          ],
        },
      },
      { name: 'own', ephemeral: { volumeClaimTemplate: { metadata: { labels: { app: 'sample' } }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } },
      { name: 'csi', csi: { driver: 'csi.example.com', volumeAttributes: { a: 'b' }, readOnly: true } },
      { name: 'nfs', nfs: { server: 'nfs.example.com', path: '/exports', readOnly: true } },
    ],
    hostNetwork: null, hostPID: null, hostIPC: null, setHostnameAsFQDN: false, ephemeralContainers: null, restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', resourceClaims: null, resources: null },
  'batch.v1.SuccessPolicyRule': { succeededIndexes: '0' },
  'batch.v1.JobSpec': { selector: null, manualSelector: null, template: { metadata: { labels: { job: 'sample' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'registry.example.com/job:v1' }] } } },
  'core.v1.WindowsSecurityContextOptions': { hostProcess: false },
  'core.v1.ReplicationControllerSpec': { selector: { app: 'sample' } },
  'core.v1.Container': {
    env: [
      { name: 'PLAIN', value: 'value' },
      { name: 'FIELD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
      { name: 'LIMIT', valueFrom: { resourceFieldRef: { containerName: 'name', resource: 'limits.memory', divisor: '1Mi' } } },
      { name: 'CONFIG', valueFrom: { configMapKeyRef: { name: 'config', key: 'a', optional: true } } },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'secret', key: 'a', optional: true } } },
    ],
    envFrom: [{ prefix: 'P_', configMapRef: { name: 'config', optional: true } }, { secretRef: { name: 'secret', optional: true } }],
    volumeMounts: [{ name: 'scratch', mountPath: '/scratch', readOnly: false, mountPropagation: 'None', subPath: 'a' }, { name: 'config', mountPath: '/config', readOnly: true }],
    volumeDevices: null,
    readinessProbe: { exec: { command: ['/bin/true'] }, initialDelaySeconds: 1, timeoutSeconds: 2, periodSeconds: 3, successThreshold: 1, failureThreshold: 4 },
    startupProbe: { tcpSocket: { port: 'http' } },
    lifecycle: { postStart: { exec: { command: ['/bin/true'] } }, preStop: { sleep: { seconds: 5 } } },
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    securityContext: {
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] }, privileged: false, runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true, readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: true, procMount: 'Default', seccompProfile: { type: 'RuntimeDefault' },
    },
    restartPolicy: null, restartPolicyRules: null,
    terminationMessagePolicy: 'FallbackToLogsOnError', livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 5 }, resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] },
  'core.v1.Secret': { type: 'Opaque', immutable: null },
  'core.v1.ConfigMap': { immutable: null, binaryData: { binary: 'AAECAw==' } },
  'core.v1.ServiceSpec': { type: 'NodePort', clusterIP: null, clusterIPs: null, externalName: null, loadBalancerIP: null, loadBalancerClass: null, loadBalancerSourceRanges: null, allocateLoadBalancerNodePorts: null, trafficDistribution: 'PreferClose', externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Local', healthCheckNodePort: null, externalIPs: ['192.0.2.1'], ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'web', nodePort: 30080, appProtocol: 'http' }], ipFamilyPolicy: 'SingleStack' },
  'core.v1.NodeSpec': { configSource: null },
  'core.v1.NodeStatus': { declaredFeatures: ['DeclaredFeature'] },
  'core.v1.Binding': { target: { apiVersion: 'v1', kind: 'Node', name: 'node-1' } },
  'core.v1.Event': { involvedObject: { kind: 'Pod', namespace: 'default', name: 'app', apiVersion: 'v1', uid: '8f2f6f4e-2d2b-4a6e-9f3e-0d0a3a0f9a11' }, eventTime: null, series: null },
  'core.v1.LimitRangeItem': { '': { type: 'Container', max: { cpu: '2' }, min: { cpu: '100m' }, default: { cpu: '1' }, defaultRequest: { cpu: '500m' }, maxLimitRequestRatio: { cpu: '4' } } },
  'core.v1.ResourceQuotaSpec': { hard: { pods: '10', 'requests.cpu': '4' }, scopes: ['NotTerminating'], scopeSelector: null },
  'events.v1.Event': { type: 'Normal', deprecatedCount: null, deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null, deprecatedSource: null, regarding: { kind: 'Pod', namespace: 'default', name: 'app' }, series: { count: 2, lastObservedTime: '2004-01-01T01:01:01.000123Z' } },
  'events.v1beta1.Event': { type: 'Normal', deprecatedCount: null, deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null, deprecatedSource: null, regarding: { kind: 'Pod', namespace: 'default', name: 'app' } },
  'apiregistration.v1.APIServiceSpec': { group: 'example.com', version: 'v1', caBundle: null, versionPriority: 15, service: { namespace: 'default', name: 'api', port: 443 } },
  'certificates.v1.CertificateSigningRequestSpec': { request: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWk1JR0FBZ0VBTUI0eERUQUxCZ05WQkFvTUJIUmxZVzB4RFRBTEJnTlZCQU1NQkdwaGJtVXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVExVWxLUUhPaUZvVlhrT0pFVDNrN0VCc2w5ZDdndUV5UGkrTXJ6ClVyMDV4NmdWRDJzUHgyWDMwM0ZGcUE4cWtTTTArZHdtME1vZ3I5dXJnTUxBdGZjVW9BQXdDZ1lJS29aSXpqMEUKQXdJRFNBQXdSUUloQU9lWlZpeHQwbTRxUFpyVHU1RTBsZkV1QTZvSzVETXlPRlpFdWZxSnYwWkpBaUIwa0JYNAowV29nYllOVVJBT3FrUjdNdmhnZ0cyUVE0emViS3hINzF3VFJkdz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=', usages: ['digital signature', 'client auth'], expirationSeconds: 3600, uid: null, username: null, groups: null, extra: null },
  'certificates.v1beta1.ClusterTrustBundleSpec': { trustBundle: certificate() },
  'certificates.v1alpha1.ClusterTrustBundleSpec': { trustBundle: certificate() },
  'rbac.v1.RoleRef': { '': { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' } },
  'rbac.v1beta1.RoleRef': { '': { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' } },
  'rbac.v1.Subject': { '': { kind: 'ServiceAccount', name: 'app', namespace: 'default' } },
  'rbac.v1beta1.Subject': { '': { kind: 'ServiceAccount', name: 'app', namespace: 'default' } },
  'rbac.v1.PolicyRule': { nonResourceURLs: null },
  'rbac.v1beta1.PolicyRule': { nonResourceURLs: null },
  'networking.v1.IngressSpec': { ingressClassName: 'web', defaultBackend: { service: { name: 'web', port: { number: 80 } } }, tls: [{ hosts: ['app.example.com'], secretName: 'tls' }], rules: [{ host: 'app.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }] } }] },
  'networking.v1beta1.IngressSpec': { ingressClassName: 'web', backend: { serviceName: 'web', servicePort: 80 }, tls: [{ hosts: ['app.example.com'], secretName: 'tls' }], rules: [{ host: 'app.example.com', http: { paths: [{ path: '/', backend: { serviceName: 'web', servicePort: 'http' } }] } }] },
  'networking.v1.IngressClassParametersReference': { '': { apiGroup: 'example.com', kind: 'Parameters', name: 'web', namespace: 'default', scope: 'Namespace' } },
  'networking.v1beta1.IngressClassParametersReference': { '': { apiGroup: 'example.com', kind: 'Parameters', name: 'web', namespace: 'default', scope: 'Namespace' } },
  'networking.v1.IPAddressSpec': { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
  'networking.v1beta1.IPAddressSpec': { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
  'networking.v1.NetworkPolicySpec': { policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a' } }, namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 'http' }] }], egress: [{ to: [{ ipBlock: { cidr: '10.1.0.0/16', except: ['10.1.2.0/24'] } }], ports: [{ protocol: 'UDP', port: 5000, endPort: 5010 }] }] },
  'policy.v1.PodDisruptionBudgetSpec': { maxUnavailable: null, minAvailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' },
  'policy.v1beta1.PodDisruptionBudgetSpec': { maxUnavailable: null, minAvailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' },
  'storage.v1.VolumeAttachmentSource': { '': { persistentVolumeName: 'data' } },
  'storage.v1beta1.VolumeAttachmentSource': { '': { persistentVolumeName: 'data' } },
  'storage.v1.StorageClass': { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }], reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' },
  'storage.v1beta1.StorageClass': { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }], reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' },
  'scheduling.v1.PriorityClass': { preemptionPolicy: 'Never' },
  'scheduling.v1beta1.PriorityClass': { preemptionPolicy: 'Never' },
  'discovery.v1.EndpointSlice': { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true, serving: true, terminating: false }, hostname: 'app', nodeName: 'node-1', zone: 'a', targetRef: { kind: 'Pod', namespace: 'default', name: 'app' }, hints: { forZones: [{ name: 'a' }] } }], ports: [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: 'http' }] },
  'discovery.v1beta1.EndpointSlice': { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true, serving: true, terminating: false }, hostname: 'app', nodeName: 'node-1', topology: { 'topology.kubernetes.io/zone': 'a' } }], ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
  'flowcontrol.v1.Subject': { '': { kind: 'Group', group: { name: 'team' } } },
  'flowcontrol.v1beta1.Subject': { '': { kind: 'Group', group: { name: 'team' } } },
  'flowcontrol.v1beta2.Subject': { '': { kind: 'Group', group: { name: 'team' } } },
  'flowcontrol.v1beta3.Subject': { '': { kind: 'Group', group: { name: 'team' } } },
  'apiextensions.v1.CustomResourceDefinitionSpec': { group: 'example.com', names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wd'], categories: ['all'] }, scope: 'Namespaced', conversion: null, preserveUnknownFields: null, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1, default: 3 } } } } } }, subresources: { status: {} }, additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }] }] },
  'apiextensions.v1beta1.CustomResourceDefinitionSpec': { group: 'example.com', version: 'v1', names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }, scope: 'Namespaced', conversion: null, preserveUnknownFields: false, validation: { openAPIV3Schema: { type: 'object' } }, subresources: null, versions: null, additionalPrinterColumns: [{ name: 'Size', type: 'integer', JSONPath: '.spec.size' }], selectableFields: null },
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': { matchConstraints, paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'object.spec.replicas <= 5', message: 'too many', reason: 'Invalid' }], auditAnnotations: null, variables: [{ name: 'replicas', expression: 'object.spec.replicas' }], failurePolicy: 'Fail' },
  'admissionregistration.v1.MutatingAdmissionPolicySpec': { matchConstraints, paramKind: null, failurePolicy: 'Fail', reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }] },
  'admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec': { policyName: 'policy.example.com', paramRef: null, validationActions: ['Deny'], matchResources: matchConstraints },
  'admissionregistration.v1.MutatingAdmissionPolicyBindingSpec': { policyName: 'policy.example.com', paramRef: null, matchResources: matchConstraints },
  'admissionregistration.v1.WebhookClientConfig': { '': { service: { namespace: 'default', name: 'hook', path: '/check', port: 443 }, caBundle: 'AAECAw==' } },
  'admissionregistration.v1.RuleWithOperations': { '': rule },
  'admissionregistration.v1.MutatingWebhook': { name: 'hook.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'], matchConditions: [{ name: 'all', expression: 'true' }] },
  'admissionregistration.v1.ValidatingWebhook': { name: 'hook.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'], matchConditions: [{ name: 'all', expression: 'true' }] },
  'flowcontrol.v1.PriorityLevelConfigurationSpec': { type: 'Limited', exempt: null },
  'flowcontrol.v1.LimitResponse': { '': { type: 'Queue', queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 } } },
  'resource.v1.DeviceRequest': { firstAvailable: null, name: 'name' },
  'resource.v1.DeviceToleration': { value: null },
  'resource.v1.DeviceConstraint': { requests: ['name'], matchAttribute: 'example.com/numa', distinctAttribute: null },
  'resource.v1.DeviceClaimConfiguration': { requests: ['name'] },
  'resource.v1.DeviceClassSpec': { extendedResourceName: 'example.com/gpu' },
  'resource.v1.ResourceSliceSpec': { nodeSelector: null, allNodes: null, perDeviceNodeSelection: null, sharedCounters: null },
  'resource.v1.Device': { nodeName: null, nodeSelector: null, allNodes: null },
  'resource.v1.DeviceAttribute': { '': { version: '1.2.3' } },
  'resource.v1.CapacityRequestPolicy': { validRange: null },
  'resource.v1alpha3.ResourcePoolStatusRequestSpec': { poolName: 'pool', driver: 'example.com' },
  'storagemigration.v1beta1.StorageVersionMigrationSpec': { resource: { group: 'apps', resource: 'deployments' } },
  'scheduling.v1alpha2.PodGroupSchedulingPolicy': { basic: null },
  'scheduling.v1alpha2.PodGroupResourceClaim': { resourceClaimTemplateName: null },
  'coordination.v1.LeaseCandidateSpec': { binaryVersion: '1.36.0', emulationVersion: '1.36.0', strategy: 'OldestEmulationVersion' },
  'certificates.v1.PodCertificateRequestSpec': { pkixPublicKey: null, proofOfPossession: null, stubPKCS10Request: 'MIHZMIGAAgEAMB4xDTALBgNVBAoMBHRlYW0xDTALBgNVBAMMBGphbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ1UlKQHOiFoVXkOJET3k7EBsl9d7guEyPi+MrzUr05x6gVD2sPx2X303FFqA8qkSM0+dwm0Mogr9urgMLAtfcUoAAwCgYIKoZIzj0EAwIDSAAwRQIhAOeZVixt0m4qPZrTu5E0lfEuA6oK5DMyOFZEufqJv0ZJAiB0kBX40WogbYNURAOqkR7MvhggG2QQ4zebKxH71wTRdw==', unverifiedUserAnnotations: { 'example.com/key': 'value' }, maxExpirationSeconds: 3600 },
  'autoscaling.v2.MetricSpec': { '': { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } } },
  'autoscaling.v2beta1.MetricSpec': { '': { type: 'Resource', resource: { name: 'cpu', targetAverageUtilization: 70 } } },
  'autoscaling.v2.CrossVersionObjectReference': { '': crossReference },
  'autoscaling.v2beta1.CrossVersionObjectReference': { '': crossReference },
  'autoscaling.v1.CrossVersionObjectReference': { '': crossReference },
}

/** Names that are not free. */
export const byKind: Readonly<Record<string, string>> = {
  APIService: 'v1.example.com', IPAddress: '10.96.0.77', CustomResourceDefinition: 'widgets.example.com', ClusterTrustBundle: 'example.com:signer:sample',
  StorageVersion: 'apps.deployments',
}

function certificate(): string {
  return '-----BEGIN CERTIFICATE-----\nMIIBeDCCAR+gAwIBAgIUS+b1+XhWgw/Cw1qjWtmb2CkHw3IwCgYIKoZIzj0EAwIw\nETEPMA0GA1UEAwwGc2FtcGxlMCAXDTI2MTEyMTAxMjAxN1oYDzIxMjYxMDI4MDEy\nMDE3WjARMQ8wDQYDVQQDDAZzYW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\nAAQ1UlKQHOiFoVXkOJET3k7EBsl9d7guEyPi+MrzUr05x6gVD2sPx2X303FFqA8q\nkSM0+dwm0Mogr9urgMLAtfcUo1MwUTAdBgNVHQ4EFgQUXuDl/gbcXYhrDxyuBD/1\nXNrNr6MwHwYDVR0jBBgwFoAUXuDl/gbcXYhrDxyuBD/1XNrNr6MwDwYDVR0TAQH/\nBAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBtIiYaNAKuM5aBr0XVmpaSxh3M906N\nc0ZyMNuQ/AZoCAIgfyeo5DJFlmjC7zLKz8clQcLIb4UmOkc8LqP1F0bCLTs=\n-----END CERTIFICATE-----\n'
}
