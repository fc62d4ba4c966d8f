/**
 * The rules of the default roles, as text; bootstrap-policy.ts says how to read it. `core` is the group without a name.
 */

interface ClusterRoleEntry {
  readonly rules: readonly string[]
  /** The aggregated role that these rules become part of. */
  readonly labels?: string
  /** This role's rules are gathered from all that carry this label. */
  readonly aggregate?: string
}

const events = 'create patch update | core events.k8s.io | events'
const tokenReviews = 'create | authentication.k8s.io | tokenreviews'
const subjectAccessReviews = 'create | authorization.k8s.io | subjectaccessreviews'
const health = '/healthz /livez /readyz'

export const clusterRoleTable: Readonly<Record<string, ClusterRoleEntry>> = {
  'cluster-admin': { rules: ['* | * | *', '* | *'] },
  'system:discovery': { rules: [`get | /api /api/* /apis /apis/* ${health} /openapi /openapi/* /version /version/`] },
  'system:monitoring': {
    rules: [
      `get | ${health} /healthz/* /livez/* /readyz/* /metrics /metrics/slis /flagz /statusz`,
      'get | core | nodes/metrics',
    ],
  },
  'system:basic-user': {
    rules: [
      'create | authorization.k8s.io | selfsubjectaccessreviews selfsubjectrulesreviews',
      'create | authentication.k8s.io | selfsubjectreviews',
    ],
  },
  'system:public-info-viewer': { rules: [`get | ${health} /version /version/`] },
  admin: { rules: [], aggregate: 'admin' },
  edit: { rules: [], labels: 'admin', aggregate: 'edit' },
  view: { rules: [], labels: 'edit', aggregate: 'view' },
  'system:aggregate-to-admin': {
    labels: 'admin',
    rules: [
      'create | authorization.k8s.io | localsubjectaccessreviews',
      'readwrite | rbac.authorization.k8s.io | rolebindings roles',
    ],
  },
  'system:aggregate-to-edit': {
    labels: 'edit',
    rules: [
      'read | core | pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy',
      'impersonate | core | serviceaccounts',
      'write | core | pods pods/attach pods/exec pods/portforward pods/proxy',
      'create | core | pods/eviction',
      'write | core | configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale '
        + 'secrets serviceaccounts services services/proxy',
      'create | core | serviceaccounts/token',
      'write | core events.k8s.io | events',
      'write | apps | daemonsets deployments deployments/rollback deployments/scale replicasets '
        + 'replicasets/scale statefulsets statefulsets/scale',
      'write | autoscaling | horizontalpodautoscalers',
      'write | batch | cronjobs jobs',
      'write | extensions | daemonsets deployments deployments/rollback deployments/scale ingresses '
        + 'networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
      'write | policy | poddisruptionbudgets',
      'write | networking.k8s.io | ingresses networkpolicies',
      'readwrite | coordination.k8s.io | leases',
      'write | resource.k8s.io | resourceclaims resourceclaimtemplates',
    ],
  },
  'system:aggregate-to-view': {
    labels: 'view',
    rules: [
      'read | core | configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods '
        + 'replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      'read | core | bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status '
        + 'resourcequotas resourcequotas/status',
      'read | core | namespaces',
      'read | core events.k8s.io | events',
      'read | discovery.k8s.io | endpointslices',
      'read | apps | controllerrevisions daemonsets daemonsets/status deployments deployments/scale '
        + 'deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale '
        + 'statefulsets/status',
      'read | autoscaling | horizontalpodautoscalers horizontalpodautoscalers/status',
      'read | batch | cronjobs cronjobs/status jobs jobs/status',
      'read | extensions | daemonsets daemonsets/status deployments deployments/scale deployments/status '
        + 'ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status '
        + 'replicationcontrollers/scale',
      'read | policy | poddisruptionbudgets poddisruptionbudgets/status',
      'read | networking.k8s.io | ingresses ingresses/status networkpolicies',
      'read | resource.k8s.io | resourceclaims resourceclaims/status resourceclaimtemplates',
    ],
  },
  'system:heapster': { rules: ['read | core | events namespaces nodes pods', 'read | extensions | deployments'] },
  'system:node': {
    rules: [
      tokenReviews,
      'create | authorization.k8s.io | localsubjectaccessreviews subjectaccessreviews',
      'read | core | services',
      'create get list watch | core | nodes',
      'patch update | core | nodes/status',
      'patch update | core | nodes',
      events,
      'read | core | pods',
      'create delete | core | pods',
      'patch update | core | pods/status',
      'create | core | pods/eviction',
      'read | core | configmaps secrets',
      'get | core | persistentvolumeclaims persistentvolumes',
      'get | core | endpoints',
      'create get list watch | certificates.k8s.io | certificatesigningrequests',
      'create delete get patch update | coordination.k8s.io | leases',
      'get | storage.k8s.io | volumeattachments',
      'create | core | serviceaccounts/token',
      'get patch update | core | persistentvolumeclaims/status',
      'read | storage.k8s.io | csidrivers',
      'create delete get patch update | storage.k8s.io | csinodes',
      'read | node.k8s.io | runtimeclasses',
      'get | resource.k8s.io | resourceclaims',
      'deletecollection | resource.k8s.io | resourceslices',
      'get | core | serviceaccounts',
    ],
  },
  'system:node-problem-detector': { rules: ['get | core | nodes', 'patch | core | nodes/status', events] },
  'system:node-bootstrapper': { rules: ['create get list watch | certificates.k8s.io | certificatesigningrequests'] },
  'system:auth-delegator': { rules: [tokenReviews, subjectAccessReviews] },
  'system:kube-aggregator': { rules: ['read | core | endpoints services'] },
  'system:kube-controller-manager': {
    rules: [
      events,
      'create | coordination.k8s.io | leases',
      'get update | coordination.k8s.io | leases | kube-controller-manager',
      'create | core | secrets serviceaccounts',
      'delete | core | secrets',
      'get | core | configmaps namespaces secrets serviceaccounts',
      'update | core | secrets serviceaccounts',
      tokenReviews,
      subjectAccessReviews,
      'list watch | * | *',
      'create | core | serviceaccounts/token',
    ],
  },
  'system:kube-dns': { rules: ['list watch | core | endpoints services'] },
  'system:persistent-volume-provisioner': {
    rules: [
      'create delete get list watch | core | persistentvolumes',
      'get list update watch | core | persistentvolumeclaims',
      'read | storage.k8s.io | storageclasses',
      'watch | core | events',
      events,
    ],
  },
  'system:certificates.k8s.io:certificatesigningrequests:nodeclient': {
    rules: ['create | certificates.k8s.io | certificatesigningrequests/nodeclient'],
  },
  'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient': {
    rules: ['create | certificates.k8s.io | certificatesigningrequests/selfnodeclient'],
  },
  'system:volume-scheduler': {
    rules: [
      'readupdate | core | persistentvolumes',
      'read | storage.k8s.io | storageclasses',
      'readupdate | core | persistentvolumeclaims',
    ],
  },
  'system:certificates.k8s.io:legacy-unknown-approver': {
    rules: ['approve | certificates.k8s.io | signers | kubernetes.io/legacy-unknown'],
  },
  'system:certificates.k8s.io:kubelet-serving-approver': {
    rules: ['approve | certificates.k8s.io | signers | kubernetes.io/kubelet-serving'],
  },
  'system:certificates.k8s.io:kube-apiserver-client-approver': {
    rules: ['approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client'],
  },
  'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver': {
    rules: ['approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client-kubelet'],
  },
  'system:service-account-issuer-discovery': {
    rules: [
      'get | /.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
    ],
  },
  'system:kubelet-api-admin': {
    rules: [
      'read | core | nodes',
      'proxy | core | nodes',
      '* | core | nodes/log nodes/metrics nodes/proxy nodes/stats',
      '* | core | nodes/configz nodes/healthz nodes/pods',
    ],
  },
  'system:node-proxier': {
    rules: [
      'list watch | core | endpoints services',
      'read | core | nodes',
      events,
      'list watch | networking.k8s.io | servicecidrs',
      'list watch | discovery.k8s.io | endpointslices',
    ],
  },
  'system:kube-scheduler': {
    rules: [
      events,
      'create | coordination.k8s.io | leases',
      'get list update watch | coordination.k8s.io | leases | kube-scheduler',
      'readwrite | coordination.k8s.io | leasecandidates',
      'read | core | nodes',
      'delete get list watch | core | pods',
      'create | core | bindings pods/binding',
      'patch update | core | pods/status',
      'read | core | replicationcontrollers services',
      'read | apps extensions | replicasets',
      'read | apps | statefulsets',
      'read | policy | poddisruptionbudgets',
      'read | core | persistentvolumeclaims persistentvolumes',
      tokenReviews,
      subjectAccessReviews,
      'read | storage.k8s.io | csinodes',
      'read | storage.k8s.io | volumeattachments',
      'read | core | namespaces',
      'read | storage.k8s.io | csidrivers',
      'read | storage.k8s.io | csistoragecapacities',
      'read | resource.k8s.io | deviceclasses',
      'readupdate | resource.k8s.io | resourceclaims',
      'readupdate | resource.k8s.io | resourceclaims/status',
      'patch update | resource.k8s.io | resourceclaims/binding',
      'update | core | pods/finalizers',
      'read | resource.k8s.io | resourceslices',
      'create delete | resource.k8s.io | resourceclaims',
    ],
  },
}

/** `system:controller:NAME`, each bound to the service account NAME in kube-system. */
export const controllerRoleTable: Readonly<Record<string, readonly string[]>> = {
  'attachdetach-controller': [
    'list watch | core | persistentvolumeclaims persistentvolumes',
    'read | core | nodes',
    'patch update | core | nodes/status',
    'list watch | core | pods',
    events,
    'create delete get list watch | storage.k8s.io | volumeattachments',
    'read | storage.k8s.io | csidrivers',
    'read | storage.k8s.io | csinodes',
  ],
  'clusterrole-aggregation-controller': [
    'escalate get list patch update watch | rbac.authorization.k8s.io | clusterroles',
  ],
  'cronjob-controller': [
    'get list update watch | batch | cronjobs',
    'create delete get list patch update watch | batch | jobs',
    'update | batch | cronjobs/status',
    'update | batch | cronjobs/finalizers',
    'delete list watch | core | pods',
    events,
  ],
  'daemon-set-controller': [
    'read | apps extensions | daemonsets',
    'update | apps extensions | daemonsets/status',
    'update | apps extensions | daemonsets/finalizers',
    'list watch | core | nodes',
    'create delete list patch watch | core | pods',
    'create | core | pods/binding',
    'create delete get list patch update watch | apps | controllerrevisions',
    events,
  ],
  'deployment-controller': [
    'get list update watch | apps extensions | deployments',
    'update | apps extensions | deployments/status',
    'update | apps extensions | deployments/finalizers',
    'create delete get list patch update watch | apps extensions | replicasets',
    'get list update watch | core | pods',
    events,
  ],
  'disruption-controller': [
    'read | apps extensions | deployments',
    'read | apps extensions | replicasets',
    'read | core | replicationcontrollers',
    'read | policy | poddisruptionbudgets',
    'read | apps | statefulsets',
    'update | policy | poddisruptionbudgets/status',
    'patch update | core | pods/status',
    'get | * | */scale',
    events,
  ],
  'endpoint-controller': [
    'read | core | pods services',
    'create delete get list update watch | core | endpoints',
    'create | core | endpoints/restricted',
    events,
  ],
  'endpointslice-controller': [
    'read | core | nodes pods services', 'update | core | services/finalizers',
    'create delete get list update watch | discovery.k8s.io | endpointslices', events,
  ],
  'endpointslicemirroring-controller': [
    'read | core | endpoints services', 'update | core | services/finalizers', 'update | core | endpoints/finalizers',
    'create delete get list update watch | discovery.k8s.io | endpointslices', events,
  ],
  'expand-controller': [
    'get list patch update watch | core | persistentvolumes', 'patch update | core | persistentvolumeclaims/status',
    'read | core | persistentvolumeclaims', events, 'get | core | services',
  ],
  'ephemeral-volume-controller': [
    'read | core | pods',
    'update | core | pods/finalizers',
    'create get list watch | core | persistentvolumeclaims',
    events,
  ],
  'resource-claim-controller': [
    'read | core | pods',
    'update | core | pods/finalizers',
    'create delete get list watch | resource.k8s.io | resourceclaims',
    'patch update | resource.k8s.io | resourceclaims resourceclaims/status',
    'patch update | resource.k8s.io | resourceclaims/binding',
    'patch update | core | pods/status',
    events,
  ],
  'generic-garbage-collector': ['delete get list patch update watch | * | *', events],
  'horizontal-pod-autoscaler': [
    'read | autoscaling | horizontalpodautoscalers',
    'update | autoscaling | horizontalpodautoscalers/status',
    'get update | * | */scale',
    'list watch | core | pods',
    'list watch | metrics.k8s.io | pods',
    'read | custom.metrics.k8s.io | *',
    'read | external.metrics.k8s.io | *',
    events,
  ],
  'job-controller': [
    'get list patch update watch | batch | jobs', 'update | batch | jobs/status', 'update | batch | jobs/finalizers',
    'create delete list patch watch | core | pods', events,
  ],
  'namespace-controller': [
    'delete get list watch | core | namespaces', 'update | core | namespaces/finalize namespaces/status',
    'delete deletecollection get list watch | * | *',
  ],
  'node-controller': [
    'delete get list patch update watch | core | nodes',
    'patch update | core | nodes/status',
    'patch update | core | pods/status',
    'delete get list watch | core | pods',
    events,
  ],
  'persistent-volume-binder': [
    'create delete get list update watch | core | persistentvolumes',
    'update | core | persistentvolumes/status',
    'get list update watch | core | persistentvolumeclaims',
    'update | core | persistentvolumeclaims/status',
    'create delete get list watch | core | pods',
    'read | storage.k8s.io | storageclasses',
    'list watch | core | nodes',
    events,
    'watch | core | events',
    'get | core | services',
  ],
  'pod-garbage-collector': ['delete list watch | core | pods', 'read | core | nodes', 'patch | core | pods/status'],
  'replicaset-controller': [
    'get list update watch | apps extensions | replicasets', 'update | apps extensions | replicasets/status',
    'update | apps extensions | replicasets/finalizers', 'create delete list patch watch | core | pods', events,
  ],
  'replication-controller': [
    'get list update watch | core | replicationcontrollers', 'update | core | replicationcontrollers/status',
    'update | core | replicationcontrollers/finalizers', 'create delete list patch watch | core | pods', events,
  ],
  'resourcequota-controller': ['list watch | * | *', 'update | core | resourcequotas/status', events],
  'route-controller': ['list watch | core | nodes', 'patch | core | nodes/status', events],
  'service-account-controller': ['create | core | serviceaccounts', events],
  'service-controller': [
    'read | core | services',
    'patch update | core | services/status',
    'list watch | core | nodes',
    events,
  ],
  'service-cidrs-controller': [
    'get list patch update watch | networking.k8s.io | servicecidrs',
    'patch update | networking.k8s.io | servicecidrs/finalizers',
    'patch update | networking.k8s.io | servicecidrs/status',
    'read | networking.k8s.io | ipaddresses',
    events,
  ],
  'statefulset-controller': [
    'list watch | core | pods',
    'read | apps | statefulsets',
    'update | apps | statefulsets/status',
    'update | apps | statefulsets/finalizers',
    'create delete get patch update | core | pods',
    'create delete get list patch update watch | apps | controllerrevisions',
    'create get list watch | core | persistentvolumeclaims',
    'delete update | core | persistentvolumeclaims',
    'update | core | pods/finalizers',
    events,
  ],
  'ttl-controller': ['list patch update watch | core | nodes', events],
  'certificate-controller': [
    'delete get list watch | certificates.k8s.io | certificatesigningrequests',
    'update | certificates.k8s.io | certificatesigningrequests/approval certificatesigningrequests/status',
    'approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client-kubelet',
    'sign | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client '
      + 'kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown',
    subjectAccessReviews, events,
  ],
  'pvc-protection-controller': ['get list update watch | core | persistentvolumeclaims', 'read | core | pods', events],
  'pv-protection-controller': ['get list update watch | core | persistentvolumes', events],
  'volumeattributesclass-protection-controller': [
    'read | core | persistentvolumeclaims',
    'read | core | persistentvolumes',
    'get list update watch | storage.k8s.io | volumeattributesclasses',
    events,
  ],
  'ttl-after-finished-controller': ['delete get list watch | batch | jobs', events],
  'root-ca-cert-publisher': ['create update | core | configmaps', events],
  'validatingadmissionpolicy-status-controller': [
    'read | admissionregistration.k8s.io | validatingadmissionpolicies',
    'get patch update | admissionregistration.k8s.io | validatingadmissionpolicies/status', events,
  ],
  'legacy-service-account-token-cleaner': [
    'get | core | configmaps | kube-apiserver-legacy-service-account-token-tracking', 'delete patch | core | secrets',
  ],
  'selinux-warning-controller': [
    events,
    'read | core | persistentvolumes',
    'read | core | persistentvolumeclaims',
    'read | core | pods',
    'read | storage.k8s.io | csidrivers',
  ],
}

interface NamespaceRoleEntry {
  readonly rules: readonly string[]
  readonly subjects: readonly string[]
  /** Default: the role's name. */
  readonly bindingName?: string
}

/** `NAMESPACE/NAME` of a Role, with its binding. */
export const namespaceRoleTable: Readonly<Record<string, NamespaceRoleEntry>> = {
  'kube-public/system:controller:bootstrap-signer': {
    rules: ['read | core | configmaps', 'update | core | configmaps | cluster-info', events],
    subjects: ['kube-system/bootstrap-signer'],
  },
  'kube-system/extension-apiserver-authentication-reader': {
    rules: ['read | core | configmaps | extension-apiserver-authentication'],
    subjects: ['user:system:kube-controller-manager', 'user:system:kube-scheduler'],
    bindingName: 'system::extension-apiserver-authentication-reader',
  },
  'kube-system/system:controller:bootstrap-signer': {
    rules: ['read | core | secrets'],
    subjects: ['kube-system/bootstrap-signer'],
  },
  'kube-system/system:controller:cloud-provider': {
    rules: ['create get list watch | core | configmaps'], subjects: ['kube-system/cloud-provider'],
  },
  'kube-system/system:controller:token-cleaner': {
    rules: ['delete get list watch | core | secrets', events], subjects: ['kube-system/token-cleaner'],
  },
  'kube-system/system::leader-locking-kube-controller-manager': {
    rules: ['watch | core | configmaps', 'get update | core | configmaps | kube-controller-manager'],
    subjects: ['user:system:kube-controller-manager', 'kube-system/kube-controller-manager'],
  },
  'kube-system/system::leader-locking-kube-scheduler': {
    rules: ['watch | core | configmaps', 'get update | core | configmaps | kube-scheduler'],
    subjects: ['user:system:kube-scheduler', 'kube-system/kube-scheduler'],
  },
}
