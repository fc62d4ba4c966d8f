/**
 * What Kubernetes 1.36 serves by default: the reference that our discovery and tables are held against. Written down
 * from upstream's registrations and printers (pkg/controlplane, pkg/registry, pkg/printers/internalversion); it changes
 * when upstream changes, never to please a test.
 *
 *   group/version
 *     plural Kind scope shortNames categories verbs      `all`: the eight of a stored kind
 *       / subresource=verbs[:kind]                       rw: get,patch,update; connect: create,get; proxy: all but list
 *       | printed columns                                `+`: wide only; `:type` unless it is a string
 */
export const upstreamSurface = `
v1
  bindings Binding namespaced - - create
  componentstatuses ComponentStatus cluster cs - get,list
    | Name, Status, Message, Error
  configmaps ConfigMap namespaced cm - all
    | Name, Data, Age
  endpoints Endpoints namespaced ep - all
    | Name, Endpoints, Age
  events Event namespaced ev - all
    | Last Seen, Type, Reason, Object, Subobject+, Source+, Message, First Seen+, Count+, Name+
  limitranges LimitRange namespaced limits - all
    | Name, Created At:date
  namespaces Namespace cluster ns - create,delete,get,list,patch,update,watch
    / finalize=update
    / status=rw
    | Name, Status, Age
  nodes Node cluster no - all
    / proxy=proxy:NodeProxyOptions
    / status=rw
    | Name, Status, Roles, Age, Version, Internal-IP+, External-IP+, OS-Image+, Kernel-Version+, Container-Runtime+
  persistentvolumeclaims PersistentVolumeClaim namespaced pvc - all
    / status=rw
    | Name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, VolumeMode+
  persistentvolumes PersistentVolume cluster pv - all
    / status=rw
    | Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age
    | VolumeMode+
  pods Pod namespaced po all all
    / attach=connect:PodAttachOptions
    / binding=create:Binding
    / ephemeralcontainers=rw
    / eviction=create:policy/v1/Eviction
    / exec=connect:PodExecOptions
    / log=get
    / portforward=connect:PodPortForwardOptions
    / proxy=proxy:PodProxyOptions
    / resize=rw
    / status=rw
    | Name, Ready, Status, Restarts, Age, IP+, Node+, Nominated Node+, Readiness Gates+
  podtemplates PodTemplate namespaced - - all
    | Name, Containers, Images, Pod Labels
  replicationcontrollers ReplicationController namespaced rc all all
    / scale=rw:autoscaling/v1/Scale
    / status=rw
    | Name, Desired:integer, Current:integer, Ready:integer, Age, Containers+, Images+, Selector+
  resourcequotas ResourceQuota namespaced quota - all
    / status=rw
    | Name, Request, Limit, Age
  secrets Secret namespaced - - all
    | Name, Type, Data, Age
  serviceaccounts ServiceAccount namespaced sa - all
    / token=create:authentication.k8s.io/v1/TokenRequest
    | Name, Age
  services Service namespaced svc all all
    / proxy=proxy:ServiceProxyOptions
    / status=rw
    | Name, Type, Cluster-IP, External-IP, Port(s), Age, Selector+
apiregistration.k8s.io/v1
  apiservices APIService cluster - api-extensions all
    / status=rw
    | Name, Service, Available, Age
apps/v1
  controllerrevisions ControllerRevision namespaced - - all
    | Name, Controller, Revision, Age
  daemonsets DaemonSet namespaced ds all all
    / status=rw
    | Name, Desired:integer, Current:integer, Ready:integer, Up-to-date:integer, Available:integer, Node Selector
    | Age, Containers+, Images+, Selector+
  deployments Deployment namespaced deploy all all
    / scale=rw:autoscaling/v1/Scale
    / status=rw
    | Name, Ready, Up-to-date, Available, Age, Containers+, Images+, Selector+
  replicasets ReplicaSet namespaced rs all all
    / scale=rw:autoscaling/v1/Scale
    / status=rw
    | Name, Desired:integer, Current:integer, Ready:integer, Age, Containers+, Images+, Selector+
  statefulsets StatefulSet namespaced sts all all
    / scale=rw:autoscaling/v1/Scale
    / status=rw
    | Name, Ready, Age, Containers+, Images+
events.k8s.io/v1
  events Event namespaced ev - all
    | Last Seen, Type, Reason, Object, Subobject+, Source+, Message, First Seen+, Count+, Name+
authentication.k8s.io/v1
  selfsubjectreviews SelfSubjectReview cluster - - create
  tokenreviews TokenReview cluster - - create
authorization.k8s.io/v1
  localsubjectaccessreviews LocalSubjectAccessReview namespaced - - create
  selfsubjectaccessreviews SelfSubjectAccessReview cluster - - create
  selfsubjectrulesreviews SelfSubjectRulesReview cluster - - create
  subjectaccessreviews SubjectAccessReview cluster - - create
autoscaling/v2
  horizontalpodautoscalers HorizontalPodAutoscaler namespaced hpa all all
    / status=rw
    | Name, Reference, Targets, MinPods, MaxPods, Replicas, Age
autoscaling/v1
  horizontalpodautoscalers HorizontalPodAutoscaler namespaced hpa all all
    / status=rw
    | Name, Reference, Targets, MinPods, MaxPods, Replicas, Age
batch/v1
  cronjobs CronJob namespaced cj all all
    / status=rw
    | Name, Schedule, Timezone, Suspend:boolean, Active:integer, Last Schedule, Age, Containers+, Images+, Selector+
  jobs Job namespaced - all all
    / status=rw
    | Name, Status, Completions, Duration, Age, Containers+, Images+, Selector+
certificates.k8s.io/v1
  certificatesigningrequests CertificateSigningRequest cluster csr - all
    / approval=rw
    / status=rw
    | Name, Age, SignerName, Requestor, RequestedDuration, Condition
networking.k8s.io/v1
  ingressclasses IngressClass cluster - - all
    | Name, Controller, Parameters, Age
  ingresses Ingress namespaced ing - all
    / status=rw
    | Name, Class, Hosts, Address, Ports, Age
  ipaddresses IPAddress cluster ip - all
    | Name, ParentRef, Age
  networkpolicies NetworkPolicy namespaced netpol - all
    | Name, Pod-Selector, Age
  servicecidrs ServiceCIDR cluster - - all
    / status=rw
    | Name, CIDRs, Age
policy/v1
  poddisruptionbudgets PodDisruptionBudget namespaced pdb - all
    / status=rw
    | Name, Min Available, Max Unavailable, Allowed Disruptions:integer, Age
rbac.authorization.k8s.io/v1
  clusterrolebindings ClusterRoleBinding cluster - - all
    | Name, Role, Age, Users+, Groups+, ServiceAccounts+
  clusterroles ClusterRole cluster - - all
    | Name, Created At:date
  rolebindings RoleBinding namespaced - - all
    | Name, Role, Age, Users+, Groups+, ServiceAccounts+
  roles Role namespaced - - all
    | Name, Created At:date
storage.k8s.io/v1
  csidrivers CSIDriver cluster - - all
    | Name, AttachRequired:boolean, PodInfoOnMount:boolean, StorageCapacity:boolean, TokenRequests
    | RequiresRepublish:boolean, Modes, Age
  csinodes CSINode cluster - - all
    | Name, Drivers:integer, Age
  csistoragecapacities CSIStorageCapacity namespaced - - all
    | Name, StorageClassName, Capacity
  storageclasses StorageClass cluster sc - all
    | Name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age
  volumeattachments VolumeAttachment cluster - - all
    / status=rw
    | Name, Attacher, PV, Node, Attached:boolean, Age
  volumeattributesclasses VolumeAttributesClass cluster vac - all
    | Name, DriverName, Age
admissionregistration.k8s.io/v1
  mutatingadmissionpolicies MutatingAdmissionPolicy cluster - api-extensions all
    | Name, Mutations:integer, ParamKind, Age
  mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster - api-extensions all
    | Name, PolicyName, ParamRef, Age
  mutatingwebhookconfigurations MutatingWebhookConfiguration cluster - api-extensions all
    | Name, Webhooks:integer, Age
  validatingadmissionpolicies ValidatingAdmissionPolicy cluster - api-extensions all
    / status=rw
    | Name, Validations:integer, ParamKind, Age
  validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding cluster - api-extensions all
    | Name, PolicyName, ParamRef, Age
  validatingwebhookconfigurations ValidatingWebhookConfiguration cluster - api-extensions all
    | Name, Webhooks:integer, Age
apiextensions.k8s.io/v1
  customresourcedefinitions CustomResourceDefinition cluster crd,crds api-extensions all
    / status=rw
    | Name, Created At:date
scheduling.k8s.io/v1
  priorityclasses PriorityClass cluster pc - all
    | Name, Value:integer, Global-Default:boolean, Age, PreemptionPolicy
coordination.k8s.io/v1
  leases Lease namespaced - - all
    | Name, Holder, Age
node.k8s.io/v1
  runtimeclasses RuntimeClass cluster - - all
    | Name, Handler, Age
discovery.k8s.io/v1
  endpointslices EndpointSlice namespaced - - all
    | Name, AddressType, Ports, Endpoints, Age
resource.k8s.io/v1
  deviceclasses DeviceClass cluster - - all
    | Name, Age
  resourceclaims ResourceClaim namespaced - - all
    / status=rw
    | Name, State, Age
  resourceclaimtemplates ResourceClaimTemplate namespaced - - all
    | Name, Age
  resourceslices ResourceSlice cluster - - all
    | Name, Node, Driver, Pool, Age
flowcontrol.apiserver.k8s.io/v1
  flowschemas FlowSchema cluster - - all
    / status=rw
    | Name, PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, MissingPL
  prioritylevelconfigurations PriorityLevelConfiguration cluster - - all
    / status=rw
    | Name, Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit, Age
`

/**
 * What `--runtime-config=api/all=true` adds to it, written down in the same way. `| ?`: upstream prints columns of the
 * kind's own, which are not known here.
 */
export const optInSurface = `
certificates.k8s.io/v1beta1
  clustertrustbundles ClusterTrustBundle cluster - - all
    | Name, SignerName
  podcertificaterequests PodCertificateRequest namespaced - - all
    / status=rw
    | Name, PodName, ServiceAccountName, NodeName, SignerName, State, UnverifiedUserAnnotations
certificates.k8s.io/v1alpha1
  clustertrustbundles ClusterTrustBundle cluster - - all
    | Name, SignerName
networking.k8s.io/v1beta1
  ipaddresses IPAddress cluster ip - all
    | Name, ParentRef, Age
  servicecidrs ServiceCIDR cluster - - all
    / status=rw
    | Name, CIDRs, Age
storage.k8s.io/v1beta1
  volumeattributesclasses VolumeAttributesClass cluster vac - all
    | Name, DriverName, Age
admissionregistration.k8s.io/v1beta1
  mutatingadmissionpolicies MutatingAdmissionPolicy cluster - api-extensions all
    | Name, Mutations:integer, ParamKind, Age
  mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster - api-extensions all
    | Name, PolicyName, ParamRef, Age
admissionregistration.k8s.io/v1alpha1
  mutatingadmissionpolicies MutatingAdmissionPolicy cluster - api-extensions all
    | Name, Mutations:integer, ParamKind, Age
  mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster - api-extensions all
    | Name, PolicyName, ParamRef, Age
scheduling.k8s.io/v1alpha2
  podgroups PodGroup namespaced - - all
    / status=rw
    | ?
  workloads Workload namespaced - - all
    | Name, Age
coordination.k8s.io/v1beta1
  leasecandidates LeaseCandidate namespaced - - all
    | Name, LeaseName, BinaryVersion, EmulationVersion, Age
coordination.k8s.io/v1alpha2
  leasecandidates LeaseCandidate namespaced - - all
    | Name, LeaseName, BinaryVersion, EmulationVersion, Age
resource.k8s.io/v1beta2
  deviceclasses DeviceClass cluster - - all
    | Name, Age
  devicetaintrules DeviceTaintRule cluster - - all
    / status=rw
    | Name, Key, Value, Effect, TimeAdded, Age
  resourceclaims ResourceClaim namespaced - - all
    / status=rw
    | Name, State, Age
  resourceclaimtemplates ResourceClaimTemplate namespaced - - all
    | Name, Age
  resourceslices ResourceSlice cluster - - all
    | Name, Node, Driver, Pool, Age
resource.k8s.io/v1beta1
  deviceclasses DeviceClass cluster - - all
    | Name, Age
  resourceclaims ResourceClaim namespaced - - all
    / status=rw
    | Name, State, Age
  resourceclaimtemplates ResourceClaimTemplate namespaced - - all
    | Name, Age
  resourceslices ResourceSlice cluster - - all
    | Name, Node, Driver, Pool, Age
resource.k8s.io/v1alpha3
  devicetaintrules DeviceTaintRule cluster - - all
    / status=rw
    | Name, Key, Value, Effect, TimeAdded, Age
  resourcepoolstatusrequests ResourcePoolStatusRequest cluster - - all
    / status=rw
    | Name, Driver, Pools:integer, Status, Age
internal.apiserver.k8s.io/v1alpha1
  storageversions StorageVersion cluster - - all
    / status=rw
    | Name, CommonEncodingVersion, StorageVersions, Age
storagemigration.k8s.io/v1beta1
  storageversionmigrations StorageVersionMigration cluster - - all
    / status=rw
    | Name, Resource, Status
`
