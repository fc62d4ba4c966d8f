/** Descriptions of the core group's types and fields, O to Z. */
export const coreLater = (): string => `
ObjectFieldSelector | A field of the object itself.
  apiVersion | Version in which the path is meant; v1 by default.
  fieldPath | Path of the field, for example metadata.name or metadata.labels['app'].
ObjectReference | Any object, or a part of one.
  kind | Kind of the object.
  apiVersion | Group and version of the object.
  fieldPath | A part of the object, for example spec.containers{web}.
PersistentVolume | A piece of storage that the cluster has.
PersistentVolumeClaim | A pod's wish for storage, and the volume that fulfils it.
PersistentVolumeClaimCondition | A fact about a claim, mostly about its size.
  type | Which fact: Resizing, FileSystemResizePending and others.
  status | True, False or Unknown.
  lastProbeTime | When it was looked at last.
PersistentVolumeClaimSpec | What storage is wanted.
  accessModes | How it is mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
  selector | Which volumes may be taken, by their labels.
  resources | How much is wanted: requests.storage.
  volumeName | The volume that is bound to the claim.
  storageClassName | Class that makes the volume; unset means the default class, empty means none.
  volumeMode | Filesystem (default) or Block.
  dataSource | Snapshot or claim from which the volume is filled.
  dataSourceRef | Any object from which the volume is filled, by a populator.
  volumeAttributesClassName | Class of settings that can be changed while the volume exists.
PersistentVolumeClaimStatus | How a claim is.
  phase | Pending, Bound or Lost.
  accessModes | How the bound volume can be mounted.
  capacity | How much the bound volume has.
  allocatedResources | Size that is being made, by resource.
  allocatedResourceStatuses | How far a change of size has come, by resource.
  currentVolumeAttributesClassName | Class whose settings the volume has now.
  modifyVolumeStatus | A change of the class that is under way.
PersistentVolumeClaimTemplate | A claim that is created for a pod.
  metadata | Labels and annotations for the claim.
  spec | The claim; it is copied as it is.
PersistentVolumeClaimVolumeSource | A claim of the same namespace, mounted into the pod.
  claimName | Name of the claim.
PersistentVolumeSpec | Where a volume is, and who may have it.
  capacity | How much it has: storage.
  gcePersistentDisk | A disk of Google Cloud.
  awsElasticBlockStore | A disk of AWS.
  hostPath | A directory of the node; for tests on a single node.
  glusterfs | Removed: a volume of GlusterFS.
  nfs | A directory of an NFS server.
  rbd | Removed: a block device of Ceph.
  iscsi | A disk that is reached by iSCSI.
  cinder | A volume of OpenStack.
  cephfs | Removed: a Ceph file system.
  fc | A Fibre Channel disk.
  flocker | Removed: a volume of Flocker.
  flexVolume | Deprecated: a volume of a FlexVolume driver.
  azureFile | A file share of Azure.
  vsphereVolume | A disk of vSphere.
  quobyte | Removed: a volume of Quobyte.
  azureDisk | A data disk of Azure.
  photonPersistentDisk | Removed: a disk of Photon.
  portworxVolume | A volume of Portworx.
  scaleIO | Removed: a volume of ScaleIO.
  local | A disk or directory that is fixed to one node.
  storageos | Removed: a volume of StorageOS.
  csi | A volume of a CSI driver.
  accessModes | How it can be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
  claimRef | The claim that has the volume.
  persistentVolumeReclaimPolicy | What follows the claim's deletion: Retain, Delete or Recycle (deprecated).
  storageClassName | Class to which the volume belongs; empty means none.
  mountOptions | Options of mount, for example ro.
  volumeMode | Filesystem (default) or Block.
  nodeAffinity | Nodes from which the volume can be reached.
  volumeAttributesClassName | Class of settings that can be changed while the volume exists.
PersistentVolumeStatus | How a volume is.
  phase | Pending, Available, Bound, Released or Failed.
  lastPhaseTransitionTime | When the phase changed last.
PhotonPersistentDiskVolumeSource | Removed: a disk of Photon.
  pdID | ID of the disk.
Pod | Containers that run together on one node and share network and volumes.
PodAffinity | Rules that put a pod near others.
  requiredDuringSchedulingIgnoredDuringExecution | What must hold when the pod is placed.
  preferredDuringSchedulingIgnoredDuringExecution | What should hold; the weights are added up.
PodAffinityTerm | Pods, and how near to them is near.
  labelSelector | The other pods, by their labels; unset matches none.
  namespaces | Namespaces of the other pods; this pod's own by default.
  topologyKey | Node label whose equal values make one place, for example kubernetes.io/hostname.
  namespaceSelector | Namespaces of the other pods by labels, in addition; empty means all.
  matchLabelKeys | Labels of this pod whose values the others must share.
  mismatchLabelKeys | Labels of this pod whose values the others must not share.
PodAntiAffinity | Rules that keep a pod away from others.
  requiredDuringSchedulingIgnoredDuringExecution | What must hold when the pod is placed.
  preferredDuringSchedulingIgnoredDuringExecution | What should hold; the weights are added up.
PodAttachOptions | The query of an attach request.
  stdin | Whether to connect the standard input; false by default.
  stdout | Whether to connect the standard output; true by default.
  stderr | Whether to connect the standard error output; true by default.
  tty | Whether the streams are a terminal's; false by default.
  container | Name of the container; the only one by default.
PodCertificateProjection | A key and a certificate for the pod, made and renewed by the kubelet.
  signerName | Signer that is asked.
  keyType | RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519.
  maxExpirationSeconds | Longest life of the certificate in seconds, 3600 to 7862400; 86400 by default.
  credentialBundlePath | File for the key and the certificates together.
  keyPath | File for the key.
  certificateChainPath | File for the certificates.
  userAnnotations | Notes that are passed on to the signer.
PodCondition | A fact about a pod.
  type | PodScheduled, Initialized, ContainersReady, Ready and others.
  status | True, False or Unknown.
  observedGeneration | The pod's metadata.generation when this was found.
  lastProbeTime | When it was looked at last.
PodDNSConfig | Settings of the pod's resolver.
  nameservers | Addresses of further name servers.
  searches | Further domains to search.
  options | Further options of the resolver.
PodDNSConfigOption | An option of the resolver.
  name | Name of the option, for example ndots.
  value | Its value, if it has one.
PodExecOptions < PodAttachOptions | The query of an exec request.
  command | Program and arguments; no shell.
PodExtendedResourceClaimStatus | The claim that was made for a pod's extended resources.
  requestMappings | Which request serves which resource of which container.
  resourceClaimName | Name of the claim.
PodIP | An address of a pod.
  ip | The address.
PodLogOptions | The query of a log request.
  container | Name of the container; the only or the default one if unset.
  follow | Whether to go on with what is written later; false by default.
  previous | Whether to read the log of the run before; false by default.
  sinceSeconds | Only what was written in this many last seconds; excludes sinceTime.
  sinceTime | Only what was written after this time; excludes sinceSeconds.
  timestamps | Whether each line begins with its time; false by default.
  tailLines | Only this many lines from the end.
  limitBytes | Bytes after which the log is cut off.
  insecureSkipTLSVerifyBackend | Whether not to check the kubelet's certificate.
  stream | All (default), Stdout or Stderr.
PodOS | The system that a pod's containers need.
  name | linux or windows.
PodPortForwardOptions | The query of a port-forward request.
  ports | Ports to forward; needed with websockets.
PodProxyOptions | The query of a request through a pod.
  path | Path at the pod.
PodReadinessGate | A condition that has to hold before the pod is ready.
  conditionType | Type of the condition in the pod's status.
PodResourceClaim | A claim of devices that the pod's containers use.
  name | Name by which containers refer to it.
  resourceClaimName | An existing claim of the same namespace.
  resourceClaimTemplateName | Template from which a claim is made for this pod.
PodResourceClaimStatus | The claim that was made for a pod.
  name | Name of the entry in spec.resourceClaims.
  resourceClaimName | Name of the claim; unset if none was needed.
PodSchedulingGate | Something that has to happen before the pod is placed.
  name | Name of the gate; each gate is removed by who set it.
PodSchedulingGroup | The group with which a pod is placed.
  podGroupName | Name of the PodGroup.
PodSecurityContext | Security settings of all containers of a pod.
  seLinuxOptions | SELinux context of the containers.
  windowsOptions | Settings for Windows.
  runAsUser | Number of the user; the image's own by default.
  runAsGroup | Number of the first group; the runtime's own by default.
  runAsNonRoot | Whether the start is refused if the user would be 0.
  supplementalGroups | Numbers of further groups of the first process.
  supplementalGroupsPolicy | Merge (default: also the image's groups) or Strict.
  fsGroup | Group that owns the volumes, where they allow it.
  sysctls | Kernel parameters of the pod's namespaces.
  fsGroupChangePolicy | Always (default), or OnRootMismatch: change owners only when the top is wrong.
  seccompProfile | Which system calls are allowed.
  appArmorProfile | AppArmor profile of the containers.
  seLinuxChangePolicy | How volumes get their SELinux label: MountOption or Recursive.
PodSpec | What a pod consists of and how it runs.
  volumes | Volumes that containers can mount.
  initContainers | Containers that run one after another before the others start.
  containers | The containers; at least one; none can be added or removed later.
  ephemeralContainers | Containers that were added for debugging.
  restartPolicy | When ended containers are started again: Always (default), OnFailure or Never.
  terminationGracePeriodSeconds | Seconds between the request to end and the kill; 30 by default.
  activeDeadlineSeconds | Seconds that the pod may be active before it is failed.
  dnsPolicy | ClusterFirst (default), ClusterFirstWithHostNet, Default (the node's) or None.
  nodeSelector | Labels that the node must have.
  serviceAccountName | ServiceAccount under which the pod acts; default by default.
  serviceAccount | Deprecated name of serviceAccountName.
  automountServiceAccountToken | Whether a token of the account is mounted.
  nodeName | Node that has the pod; set by the scheduler.
  hostNetwork | Whether the pod uses the node's network; false by default.
  hostPID | Whether the pod sees the node's processes; false by default.
  hostIPC | Whether the pod shares the node's IPC; false by default.
  shareProcessNamespace | Whether the containers see each other's processes; false by default.
  securityContext | Security settings of all containers.
  imagePullSecrets | Secrets with credentials for image registries.
  hostname | Host name of the pod; the pod's name by default.
  subdomain | With it the pod's full name is hostname.subdomain.namespace.svc.domain.
  affinity | Which nodes and neighbours the pod prefers or needs.
  schedulerName | Scheduler that places the pod; default-scheduler by default.
  tolerations | Taints that the pod tolerates.
  hostAliases | Lines for the pod's /etc/hosts.
  priorityClassName | PriorityClass of the pod.
  priority | The priority that follows from the class; higher goes first.
  dnsConfig | Resolver settings on top of those from dnsPolicy.
  readinessGates | Conditions that have to hold before the pod is ready.
  runtimeClassName | RuntimeClass with which the pod runs; the default runtime if unset.
  enableServiceLinks | Whether Services become environment variables; true by default.
  preemptionPolicy | PreemptLowerPriority (default) or Never.
  overhead | What the sandbox itself needs, from the RuntimeClass.
  topologySpreadConstraints | How the pods are spread over zones, nodes and the like.
  setHostnameAsFQDN | Whether the kernel's host name is the full name; false by default.
  os | System that the containers need.
  hostUsers | False gives the pod a user namespace of its own; true by default.
  schedulingGates | While there is one, the pod is not placed; only at creation can any be added.
  resourceClaims | Claims of devices that containers can use.
  resources | What the containers together need and may use: cpu, memory, hugepages.
  hostnameOverride | Host name in place of all others, at most 64 characters.
  schedulingGroup | The group with which the pod is placed.
PodStatus | How a pod is.
  observedGeneration | The metadata.generation that the kubelet has acted on.
  phase | Pending, Running, Succeeded, Failed or Unknown.
  message | Why the pod is in its phase, for people.
  reason | Why the pod is in its phase, in a word: Evicted.
  nominatedNodeName | Node where others make place for this pod.
  hostIP | Address of the node.
  hostIPs | Addresses of the node, at most one of each family.
  podIP | Address of the pod.
  podIPs | Addresses of the pod, at most one of each family; the first is podIP.
  startTime | When the kubelet took notice of the pod.
  initContainerStatuses | How each init container is.
  containerStatuses | How each container is.
  qosClass | Guaranteed, Burstable or BestEffort; it follows from requests and limits.
  ephemeralContainerStatuses | How each ephemeral container is.
  resize | Deprecated, see conditions: how far a resize has come.
  resourceClaimStatuses | Claims that were made for the pod.
  extendedResourceClaimStatus | Claim that was made for extended resources.
  allocatedResources | Requests of the whole pod that the node has granted.
  resources | Requests and limits of the whole pod that are in force.
  nodeAllocatableResourceClaimStatuses | How claims use the node's own resources.
PodStatusResult | The status of a pod, as a kubelet tells it.
PodTemplate | A pod, as a template that is kept in the API.
PodTemplateSpec | The pods that a controller creates.
  metadata | Labels and annotations of the pods.
  spec | What the pods consist of.
PortStatus | How a port of a load balancer fared.
  port | Port of the Service.
  error | Why the port could not be had, in a CamelCase word.
PortworxVolumeSource | A volume of Portworx.
  volumeID | ID of the volume.
PreferredSchedulingTerm | A wish for certain nodes.
  weight | How much the wish counts, 1 to 100.
  preference | The nodes that are wished for.
Probe | A check of a container.
  exec | Run a command in the container.
  httpGet | Send a GET request.
  tcpSocket | Open a connection.
  grpc | Ask the gRPC health service.
  initialDelaySeconds | Seconds after the start before the first check; 0 by default.
  timeoutSeconds | Seconds after which a check has failed; 1 by default.
  periodSeconds | Seconds between checks; 10 by default.
  successThreshold | Successes in a row that make a failed check good again; 1 by default.
  failureThreshold | Failures in a row that make a check failed; 3 by default.
  terminationGracePeriodSeconds | Grace period after a failure, in place of the pod's own.
ProjectedVolumeSource | Several sources as one directory of files.
  sources | The sources.
  defaultMode | Permission bits of the files, 0 to 0777; 0644 by default.
QuobyteVolumeSource | Removed: a volume of Quobyte.
  registry | Hosts of the registry, as host:port,host:port.
  volume | Name of the volume.
  group | Group that accesses the volume.
  tenant | Tenant that owns the volume.
RBDPersistentVolumeSource | Removed: a block device of Ceph.
  monitors | Addresses of the Ceph monitors.
  image | Name of the image.
  pool | Name of the pool; rbd by default.
  user | Ceph user; admin by default.
  keyring | File with the user's keyring; /etc/ceph/keyring by default.
  secretRef | Secret with the user's key; it goes before keyring.
RBDVolumeSource < RBDPersistentVolumeSource | Removed: a block device of Ceph.
RangeAllocation | Internal: which numbers of a range are taken.
  range | The range, as a text.
  data | One bit for each number.
ReplicationController | Keeps a number of equal pods running; Deployments are its successor.
ReplicationControllerCondition | A fact about a ReplicationController.
  type | Which fact: ReplicaFailure.
  status | True, False or Unknown.
ReplicationControllerSpec | The pods that are wanted, and how many.
  replicas | How many pods are wanted; 1 by default.
  selector | Labels of the pods that count; the template's labels by default.
  template | The pods that are created when there are too few.
ReplicationControllerStatus | How many pods there are.
  replicas | Pods that exist.
  fullyLabeledReplicas | Pods that have all labels of the template.
  readyReplicas | Pods that are ready.
  availableReplicas | Pods that have been ready for minReadySeconds.
ResourceClaim | A claim of the pod that a container uses.
  name | Name of the entry in the pod's resourceClaims.
  request | One request of the claim; unset means all.
ResourceFieldSelector | A limit or request of a container.
  containerName | Name of the container; needed in volumes.
  resource | What is meant, for example limits.cpu.
  divisor | Unit in which it is told; 1 by default.
ResourceHealth | Health of a device.
  resourceID | ID of the device.
  health | Healthy, Unhealthy or Unknown.
  message | What is known about the cause.
ResourceQuota | Limits of what a namespace may have altogether.
ResourceQuotaSpec | The limits.
  hard | The most that is allowed, by resource: pods, requests.cpu, count/secrets and so on.
  scopes | Which pods count: Terminating, NotTerminating, BestEffort, NotBestEffort and others.
  scopeSelector | Which objects count, by scopes with values.
ResourceQuotaStatus | The limits, and what is used.
  hard | The limits that are in force.
  used | What the namespace has now.
ResourceRequirements | How much of each resource is needed and allowed.
  limits | The most that may be used, by resource.
  requests | What is set aside for it, by resource; the limits by default.
  claims | Claims of the pod that the container uses.
ResourceStatus | Health of what a container got of a resource.
  name | Name of the resource, or claim:name/request.
  resources | Each device with its health.
SELinuxOptions | An SELinux label.
  user | User part of the label.
  role | Role part of the label.
  type | Type part of the label.
  level | Level part of the label.
ScaleIOPersistentVolumeSource | Removed: a volume of ScaleIO.
  gateway | Address of the API gateway.
  system | Name of the storage system.
  sslEnabled | Whether the gateway is reached by TLS; false by default.
  protectionDomain | Name of the protection domain.
  storagePool | Pool of the domain.
  storageMode | ThickProvisioned or ThinProvisioned (default).
  volumeName | Name of the volume.
ScaleIOVolumeSource < ScaleIOPersistentVolumeSource | Removed: a volume of ScaleIO.
ScopeSelector | Objects, by scopes with values.
  matchExpressions | Demands that all have to be met.
ScopedResourceSelectorRequirement | One demand on a scope.
  scopeName | The scope, for example PriorityClass.
  operator | In, NotIn, Exists or DoesNotExist.
  values | For In and NotIn at least one; else none.
SeccompProfile | Which system calls a container may make.
  type | Localhost (a file on the node), RuntimeDefault or Unconfined.
  localhostProfile | File below the kubelet's seccomp directory; only and always with type Localhost.
Secret | Passwords, keys and the like for pods to read.
  immutable | True forbids every later change of the data; it cannot be taken back.
  data | Values by key, in base64; keys have letters, digits, -, _ and dots.
  stringData | Values as plain texts; written into data, never read back.
  type | What the Secret is for, for example kubernetes.io/tls; Opaque by default.
SecretEnvSource | All keys of a Secret as environment variables.
  name | Name of the Secret.
  optional | Whether the Secret may be missing.
SecretKeySelector | One key of a Secret.
  name | Name of the Secret.
  key | The key to read.
  optional | Whether the Secret or the key may be missing.
SecretProjection | Keys of a Secret as files of a projected volume.
  name | Name of the Secret.
  items | Which keys become which files; unset means all keys, under their own names.
  optional | Whether the Secret or its keys may be missing.
SecretReference | A Secret, by name and namespace.
  name | Name of the Secret.
  namespace | Namespace of the Secret.
SecretVolumeSource | A Secret as a directory of files.
  secretName | Name of the Secret.
  items | Which keys become which files; unset means all keys, under their own names.
  defaultMode | Permission bits of the files, 0 to 0777; 0644 by default.
  optional | Whether the Secret or its keys may be missing.
SecurityContext < PodSecurityContext | Security settings of one container.
  capabilities | Linux capabilities to add and to drop.
  privileged | Whether it has all rights of the node's root; false by default.
  readOnlyRootFilesystem | Whether its root file system is read-only; false by default.
  allowPrivilegeEscalation | Whether a process may gain more rights than its parent has.
  procMount | How /proc appears: Default or Unmasked.
SerializedReference | Internal: a reference that is kept as a text.
  reference | The object.
Service | One name and address for a changing set of pods.
ServiceAccount | An identity for programs in pods.
  secrets | Secrets that its pods may use.
  imagePullSecrets | Registry credentials for its pods.
  automountServiceAccountToken | Whether its pods get a token by default; pods may say otherwise.
ServiceAccountTokenProjection | A token of the pod's account, as a file that is renewed.
  audience | Whom the token is for; the API server by default.
  expirationSeconds | Life of the token in seconds, at least 600; 3600 by default.
  path | File to write, relative to the volume's root.
ServiceList | Services of one namespace or of all.
  items | List of services.
ServicePort | A port of a Service.
  name | Name of the port; needed if there are several.
  appProtocol | Protocol of the application, for example kubernetes.io/h2c.
  port | Port at which the Service answers.
  targetPort | Number or name of the pods' port; the same as port by default.
  nodePort | Port on every node, for NodePort and LoadBalancer; chosen if unset.
ServiceProxyOptions | The query of a request through a Service.
  path | Path at the Service, with its name, scheme and port.
ServiceSpec | How a Service is reached, and which pods answer.
  ports | Ports of the Service.
  selector | Labels of the pods that answer; without it somebody else keeps the endpoints.
  clusterIP | Address inside the cluster; chosen if unset, None for a headless Service.
  clusterIPs | Addresses inside the cluster, at most one of each family; the first is clusterIP.
  type | ClusterIP (default), NodePort, LoadBalancer or ExternalName.
  externalIPs | Addresses outside the cluster's care that nodes accept for the Service.
  sessionAffinity | None (default), or ClientIP: a client stays with its pod.
  loadBalancerIP | Deprecated: address that a load balancer should have.
  loadBalancerSourceRanges | Networks of clients that a load balancer lets in.
  externalName | DNS name to which an ExternalName Service leads.
  externalTrafficPolicy | Cluster (default), or Local: only pods of the node that got the packet.
  healthCheckNodePort | Port where nodes say whether they have pods of the Service; with Local only.
  publishNotReadyAddresses | Whether pods that are not ready are found too; false by default.
  sessionAffinityConfig | Settings of the session affinity.
  ipFamilies | Address families: IPv4, IPv6; the first cannot be changed.
  ipFamilyPolicy | SingleStack (default), PreferDualStack or RequireDualStack.
  allocateLoadBalancerNodePorts | Whether a LoadBalancer gets node ports; true by default.
  loadBalancerClass | Who makes the load balancer; the cloud's own if unset.
  internalTrafficPolicy | Cluster (default), or Local: only pods of the client's node.
  trafficDistribution | PreferSameZone, PreferSameNode or PreferClose; unset spreads evenly.
ServiceStatus | What became of a Service.
  loadBalancer | Addresses of its load balancer.
SessionAffinityConfig | Settings of the session affinity.
  clientIP | Settings of affinity by the client's address.
SleepAction | A wait.
  seconds | Seconds to wait.
StorageOSPersistentVolumeSource | Removed: a volume of StorageOS.
  volumeName | Name of the volume, unique in its namespace.
  volumeNamespace | Namespace in StorageOS; the pod's own by default.
StorageOSVolumeSource < StorageOSPersistentVolumeSource | Removed: a volume of StorageOS.
Sysctl | A kernel parameter.
  name | Name of the parameter.
TCPSocketAction | An attempt to connect.
  port | Number or name of the port.
  host | Host to connect to; the pod's address by default.
Taint | A mark of a node that keeps pods away.
  key | Name of the mark.
  value | Value of the mark.
  effect | NoSchedule, PreferNoSchedule, or NoExecute, which also evicts.
  timeAdded | When it was added.
Toleration | A taint that a pod tolerates.
  key | Name of the mark; empty with Exists means all.
  operator | Equal (default), Exists, Lt or Gt.
  value | Value of the mark; none with Exists.
  effect | Effect that is tolerated; empty means all.
  tolerationSeconds | Seconds that NoExecute is tolerated; unset means for ever.
TopologySelectorLabelRequirement | One demand on a label of a place.
  key | The label.
  values | Values of which one has to match.
TopologySelectorTerm | Places, by labels.
  matchLabelExpressions | Demands that all have to be met.
TopologySpreadConstraint | How evenly pods are spread.
  maxSkew | By how many pods places may differ, at least 1.
  topologyKey | Node label whose equal values make one place.
  whenUnsatisfiable | DoNotSchedule, or ScheduleAnyway with a lower score.
  labelSelector | Pods that are counted, by their labels.
  minDomains | Fewer places than this count as if one were empty; 1 by default.
  nodeAffinityPolicy | Whether nodes that do not suit the pod count: Honor (default, no) or Ignore.
  nodeTaintsPolicy | Whether tainted nodes count: Honor, or Ignore (default, yes).
  matchLabelKeys | Labels of this pod whose values counted pods must share.
TypedLocalObjectReference | An object of the same namespace, with its kind.
  kind | Kind of the object.
TypedObjectReference | An object, with its kind and perhaps its namespace.
  kind | Kind of the object.
Volume < PersistentVolumeSpec | A directory that containers of the pod can mount.
  name | Name by which containers refer to it: a DNS label, unique in the pod.
  emptyDir | An empty directory that lives as long as the pod.
  gitRepo | Deprecated: a clone of a repository.
  secret | A Secret as files.
  persistentVolumeClaim | A claim of the same namespace.
  downwardAPI | Facts about the pod as files.
  configMap | A ConfigMap as files.
  projected | Several sources as one directory.
  csi | A volume that a CSI driver makes for this pod.
  ephemeral | A volume that is claimed for this pod.
  image | The files of an image.
VolumeDevice | A block volume as a device of a container.
  name | Name of the pod's volume.
  devicePath | Path of the device in the container.
VolumeMount | A volume in a container's file system.
  name | Name of the pod's volume.
  readOnly | Whether the container can only read it; false by default.
  recursiveReadOnly | Whether mounts below it are read-only too: Disabled, IfPossible or Enabled.
  mountPath | Path in the container, without a colon.
  subPath | Path in the volume that is mounted; its root by default.
  mountPropagation | None (default), HostToContainer or Bidirectional.
  subPathExpr | As subPath, with $(NAME) standing for variables.
VolumeMountStatus < VolumeMount | How a volume is mounted.
  volumeStatus | What is known about the volume.
VolumeNodeAffinity | Nodes from which a volume can be reached.
  required | The nodes.
VolumeProjection | One source of a projected volume.
  secret | Keys of a Secret.
  downwardAPI | Facts about the pod.
  configMap | Keys of a ConfigMap.
  serviceAccountToken | A token of the pod's account.
  clusterTrustBundle | Trusted certificates of the cluster.
  podCertificate | A key and a certificate for the pod.
VolumeResourceRequirements | How much storage is needed.
  limits | The most that is allowed.
  requests | The least that is needed.
VolumeStatus | What is known about a mounted volume.
  image | The image that the volume shows.
VsphereVirtualDiskVolumeSource | A disk of vSphere.
  volumePath | Path of the disk.
  storagePolicyName | Name of the storage policy.
  storagePolicyID | ID of the storage policy.
WeightedPodAffinityTerm | A wish for neighbours.
  weight | How much the wish counts, 1 to 100.
  podAffinityTerm | The neighbours that are wished for.
WindowsSecurityContextOptions | Security settings for Windows.
  gmsaCredentialSpecName | Name of the GMSA credential specification.
  gmsaCredentialSpec | The GMSA credential specification itself.
  runAsUserName | User under which the process runs.
  hostProcess | Whether the container runs as a process of the host.
`
