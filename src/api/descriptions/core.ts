/** Descriptions of the core group's types and fields, A to N. */
export const core = (): string => `
AWSElasticBlockStoreVolumeSource | A disk of AWS, mounted into the pod; served by the CSI driver for EBS today.
  volumeID | ID of the EBS volume.
Affinity | Rules about which nodes and neighbours a pod prefers or needs.
  nodeAffinity | Rules about the node's labels.
  podAffinity | Rules that put the pod near other pods.
  podAntiAffinity | Rules that keep the pod away from other pods.
AppArmorProfile | The AppArmor profile that confines a container.
  type | Localhost (a profile on the node), RuntimeDefault, or Unconfined.
  localhostProfile | Name of a profile that is loaded on the node; only and always with type Localhost.
AttachedVolume | A volume that is attached to a node.
  name | Name of the volume.
  devicePath | Device under which the node has the volume.
AzureDiskVolumeSource | A data disk of Azure, mounted into the pod.
  diskName | Name of the disk in the blob storage.
  diskURI | URI of the disk in the blob storage.
  cachingMode | How the host caches: None, ReadOnly or ReadWrite (default).
  kind | Shared, Dedicated, or Managed; Shared by default.
AzureFilePersistentVolumeSource | A file share of Azure, mounted into the pod.
  secretName | Secret that holds the name and key of the storage account.
  shareName | Name of the share.
  secretNamespace | Namespace of the Secret; the pod's own by default.
AzureFileVolumeSource < AzureFilePersistentVolumeSource | A file share of Azure, mounted into the pod.
Binding | Assigns a pod to a node; the scheduler posts it.
  target | The node that gets the pod.
CSIPersistentVolumeSource | A volume of a CSI driver that lives longer than pods.
  driver | Name of the CSI driver that serves the volume.
  volumeHandle | The driver's own name for the volume.
  fsType | File system to mount; the driver chooses when it is unset.
  volumeAttributes | What the driver said about the volume when it made it.
  controllerPublishSecretRef | Secret for attaching and detaching the volume.
  nodeStageSecretRef | Secret for staging the volume on a node.
  nodePublishSecretRef | Secret for mounting the volume into a pod.
  controllerExpandSecretRef | Secret for enlarging the volume in the storage system.
  nodeExpandSecretRef | Secret for enlarging the file system on the node.
CSIVolumeSource < CSIPersistentVolumeSource | A volume that a CSI driver makes for one pod and removes with it.
  volumeAttributes | Settings for the driver; its documentation names them.
Capabilities | Linux capabilities that are given to, or taken from, a container.
  add | Capabilities that the container gets on top.
  drop | Capabilities that the container loses; ALL drops every one.
CephFSPersistentVolumeSource | A Ceph file system, mounted into the pod.
  monitors | Addresses of the Ceph monitors.
  path | Directory that is mounted as the root; / by default.
  user | Ceph user; admin by default.
  secretFile | File on the node with the user's key; /etc/ceph/user.secret by default.
  secretRef | Secret with the user's key; it goes before secretFile.
CephFSVolumeSource < CephFSPersistentVolumeSource | A Ceph file system, mounted into the pod.
CinderPersistentVolumeSource | A volume of OpenStack's Cinder.
  volumeID | ID of the volume in Cinder.
  secretRef | Secret with what is needed to reach OpenStack.
CinderVolumeSource < CinderPersistentVolumeSource | A volume of OpenStack's Cinder.
ClientIPConfig | Settings of affinity by the client's address.
  timeoutSeconds | Seconds that a client stays with its pod, 1 to 86400; 10800 by default.
ClusterTrustBundleProjection | Trusted certificates of the cluster, as a file.
  name | One bundle by its name; excludes signerName.
  signerName | All bundles of this signer; excludes name.
  labelSelector | Narrows the bundles of a signer; unset chooses none, empty chooses all.
  optional | Whether the pod may start although no bundle is found.
  path | File to write, relative to the volume's root.
ComponentCondition | A fact about the health of a control plane component.
  type | Always Healthy.
  status | True, False or Unknown.
  message | What the check answered.
  error | The error of a failed check.
ComponentStatus | Deprecated: whether scheduler, controller manager and store answer their health checks.
ConfigMap | Configuration for pods to read, as keys with values.
  immutable | True forbids every later change of the data; it cannot be taken back.
  data | Texts by key; keys have letters, digits, -, _ and dots.
  binaryData | Bytes by key, in base64; no key may be in data as well.
ConfigMapEnvSource | All keys of a ConfigMap as environment variables.
  name | Name of the ConfigMap.
  optional | Whether the ConfigMap may be missing.
ConfigMapKeySelector | One key of a ConfigMap.
  name | Name of the ConfigMap.
  key | The key to read.
  optional | Whether the ConfigMap or the key may be missing.
ConfigMapNodeConfigSource | Removed: a ConfigMap with the configuration of a kubelet.
  kubeletConfigKey | Key under which the ConfigMap holds the kubelet's configuration.
ConfigMapProjection | Keys of a ConfigMap as files of a projected volume.
  name | Name of the ConfigMap.
  items | Which keys become which files; unset means all keys, under their own names.
  optional | Whether the ConfigMap or its keys may be missing.
ConfigMapVolumeSource | A ConfigMap as a directory of files.
  name | Name of the ConfigMap.
  items | Which keys become which files; unset means all keys, under their own names.
  defaultMode | Permission bits of the files, 0 to 0777; 0644 by default. JSON takes decimals only.
  optional | Whether the ConfigMap or its keys may be missing.
Container | One program of a pod, run from an image.
  name | Name of the container: a DNS label, unique in the pod; it cannot be changed.
  image | Image to run, for example registry.example.com/team/app:1.2.
  command | Program to run in place of the image's entrypoint; $(NAME) stands for a variable.
  args | Arguments in place of the image's own; $(NAME) stands for a variable.
  workingDir | Directory in which the program starts; the image's own by default.
  ports | Ports on which the container listens; for information, and for names and host ports.
  envFrom | ConfigMaps and Secrets whose keys become variables; env goes before them.
  env | Environment variables of the container.
  resources | How much CPU, memory and the like the container needs and may use.
  resizePolicy | For each resource, whether a change of it restarts the container.
  restartPolicy | For init containers, Always makes a sidecar; else it replaces the pod's own policy.
  restartPolicyRules | Rules that decide on a restart by exit code; the first that matches counts.
  volumeMounts | Where the pod's volumes appear in the file system.
  volumeDevices | Where the pod's block volumes appear as devices.
  livenessProbe | A check; when it keeps failing, the container is restarted.
  readinessProbe | A check; while it fails, Services send nothing to the pod.
  startupProbe | A check that holds the other probes back until it succeeds.
  lifecycle | What is run after the start and before the end of the container.
  terminationMessagePath | File whose content becomes the termination message; /dev/termination-log by default.
  terminationMessagePolicy | File (default), or FallbackToLogsOnError: the log's end, if the file is empty.
  imagePullPolicy | Always, IfNotPresent or Never; Always by default for the tag latest.
  securityContext | Security settings of the container; they go before the pod's.
  stdin | Whether the container has a standard input that can be attached to.
  stdinOnce | Whether the standard input closes when the first client has left.
  tty | Whether the container gets a terminal; needs stdin.
ContainerExtendedResourceRequest | Which request of a claim serves a container's extended resource.
  containerName | Name of the container.
  resourceName | Name of the extended resource.
  requestName | Name of the request in the claim.
ContainerImage | An image that is on a node.
  names | All names of the image, with tags and digests.
  sizeBytes | Size of the image in bytes.
ContainerPort | A port of a container.
  name | Name that Services and probes may use: up to 15 letters, digits and dashes.
  hostPort | Port of the node that leads to this one; unset means none.
  containerPort | Port on which the container listens, 1 to 65535.
  hostIP | Address of the node to which the host port is bound.
ContainerResizePolicy | What happens to a container when a resource is changed in place.
  resourceName | The resource: cpu or memory.
  restartPolicy | NotRequired (default) or RestartContainer.
ContainerRestartRule | Decides what happens when a container has ended.
  action | What to do when the rule matches: Restart or RestartAllContainers.
  exitCodes | The exit codes to which the rule applies.
ContainerRestartRuleOnExitCodes | A set of exit codes.
  operator | In or NotIn.
  values | The exit codes that are compared with, at most 255 of them.
ContainerState | What a container does now: one of three.
  waiting | Set while the container waits for its start.
  running | Set while the container runs.
  terminated | Set when the container has ended.
ContainerStateRunning | A container that runs.
  startedAt | When the container was started last.
ContainerStateTerminated | A container that has ended.
  exitCode | Exit code of its last run.
  signal | Signal that ended its last run.
  reason | Why it ended, in a word: Completed, Error, OOMKilled.
  message | Termination message of its last run.
  startedAt | When its last run began.
  finishedAt | When its last run ended.
  containerID | ID of the container, as type://id.
ContainerStateWaiting | A container that has not been started yet.
  reason | Why it waits, in a word: ContainerCreating, CrashLoopBackOff.
ContainerStatus | How one container of a pod is.
  name | Name of the container.
  state | What the container does now.
  lastState | How the run before this one ended.
  ready | Whether the readiness probe has succeeded and the container is started.
  restartCount | How often the container was started again.
  image | Image that the container runs, as the runtime names it.
  imageID | Digest or ID of the image that the container runs.
  containerID | ID of the container, as type://id.
  started | Whether the startup probe has succeeded and the start hook is over.
  allocatedResources | Requests that the node has granted.
  resources | Requests and limits that are in force.
  volumeMounts | How the volumes are mounted.
  user | User and groups under which the first process was started.
  allocatedResourcesStatus | Health of the devices that the container has.
  stopSignal | Signal that ends the container.
ContainerUser | The identity of a container's first process.
  linux | User and groups on Linux.
DaemonEndpoint | Where a daemon of a node listens.
  Port | Port number.
DownwardAPIProjection | Facts about the pod as files of a projected volume.
  items | The files and what each contains.
DownwardAPIVolumeFile | A file with one fact about the pod.
  path | File to write, relative to the volume's root, without '..'.
  fieldRef | Field of the pod that is written: annotations, labels, name, namespace or uid.
  resourceFieldRef | Resource of a container that is written: its limits or requests.
  mode | Permission bits of the file, 0 to 0777; the volume's defaultMode by default.
DownwardAPIVolumeSource | Facts about the pod as a directory of files.
  items | The files and what each contains.
  defaultMode | Permission bits of the files, 0 to 0777; 0644 by default.
EmptyDirVolumeSource | An empty directory that lives as long as the pod.
  medium | Where it is kept: on the node's disk (empty), Memory, or HugePages.
  sizeLimit | How much it may hold; the pod is evicted when it holds more.
EndpointAddress | An address of an Endpoints object.
  ip | The address; no loopback, link-local or multicast one.
  hostname | Name of this endpoint in the DNS.
  nodeName | Node on which the endpoint is.
  targetRef | The object behind the address, mostly a pod.
EndpointPort | A port of an Endpoints object.
  name | Name of the port, as the Service has it.
  appProtocol | Protocol of the application, for example kubernetes.io/h2c.
EndpointSubset | Addresses that share the same ports.
  addresses | Addresses that are ready.
  notReadyAddresses | Addresses that are not ready, or not any more.
  ports | Ports of these addresses.
Endpoints | Deprecated, see EndpointSlice: addresses behind a Service.
  subsets | The addresses, grouped by their ports.
EnvFromSource | A ConfigMap or Secret whose keys become variables.
  prefix | Text that is put before each key.
  configMapRef | The ConfigMap.
  secretRef | The Secret.
EnvVar | An environment variable.
  name | Name of the variable; printable ASCII without =.
  value | Value; $(NAME) stands for an earlier variable, $$ for a dollar sign.
  valueFrom | Where the value comes from; excludes value.
EnvVarSource | Where a variable's value comes from: one of these.
  fieldRef | A field of the pod.
  resourceFieldRef | A limit or request of a container.
  configMapKeyRef | A key of a ConfigMap.
  secretKeyRef | A key of a Secret.
  fileKeyRef | A key of a file in an emptyDir volume.
EphemeralContainer < Container | A container that is put into a running pod, for debugging.
  ports | Not allowed here.
  resources | Not allowed here: an ephemeral container uses what the pod has.
  lifecycle | Not allowed here.
  livenessProbe | Not allowed here.
  readinessProbe | Not allowed here.
  startupProbe | Not allowed here.
  targetContainerName | Container whose processes can be seen; unset means only what the pod shares.
EphemeralVolumeSource | A volume that is claimed for one pod and goes with it.
  volumeClaimTemplate | The claim to create; it is named after the pod and the volume.
Event | Something that happened to an object; kept for an hour or so.
  involvedObject | The object that the event is about.
  source | The component that reported it.
  firstTimestamp | When it happened first.
  lastTimestamp | When it happened last.
  count | How often it has happened.
  type | Normal or Warning.
  eventTime | When it was seen first, to the microsecond.
  series | How it goes on, if it happens again and again.
  action | What was tried.
  related | A second object that takes part.
  reportingComponent | Name of the controller that reported it.
  reportingInstance | ID of the controller's instance.
EventSeries | An event that goes on.
  count | How often it has happened so far.
  lastObservedTime | When it was seen last.
EventSource | Who reported an event.
  component | Component that reported it.
  host | Node on which it was reported.
ExecAction | A command that is run in a container.
  command | Program and arguments; no shell; exit code 0 means success.
FCVolumeSource | A Fibre Channel disk.
  targetWWNs | World wide names of the targets.
  lun | Number of the logical unit.
  wwids | World wide identifiers; either these, or targetWWNs with lun.
FileKeySelector | A key of a file with variables.
  volumeName | Name of the emptyDir volume that has the file.
  path | File in the volume.
  key | The variable to read.
  optional | Whether the file or the key may be missing.
FlexPersistentVolumeSource | Deprecated: a volume of a FlexVolume driver.
  options | Settings for the driver.
FlexVolumeSource < FlexPersistentVolumeSource | Deprecated: a volume of a FlexVolume driver.
FlockerVolumeSource | Removed: a volume of Flocker.
  datasetName | Name of the dataset.
  datasetUUID | UUID of the dataset.
GCEPersistentDiskVolumeSource | A disk of Google Cloud; served by its CSI driver today.
  pdName | Name of the disk.
GRPCAction | A call of the gRPC health service.
  service | Service to ask about; empty by default.
GitRepoVolumeSource | Deprecated: a directory with a clone of a repository.
  repository | URL of the repository.
  revision | Commit to check out.
  directory | Directory for the clone; '.' means the volume itself.
GlusterfsPersistentVolumeSource | Removed: a volume of GlusterFS.
  endpoints | Endpoints object that names the servers.
  path | Name of the volume.
  endpointsNamespace | Namespace of the Endpoints object; the claim's by default.
GlusterfsVolumeSource < GlusterfsPersistentVolumeSource | Removed: a volume of GlusterFS.
HTTPGetAction | A GET request; a status of 200 to 399 means success.
  path | Path to ask for; / by default.
  port | Number or name of the port.
  host | Host to connect to; the pod's address by default.
  scheme | HTTP (default) or HTTPS, whose certificate is not checked.
  httpHeaders | Headers of the request.
HTTPHeader | A header of a request.
  name | Name of the header.
HostAlias | A line of the pod's /etc/hosts.
  ip | The address.
  hostnames | Names for the address.
HostIP | An address of a node.
  ip | The address.
HostPathVolumeSource | A file or directory of the node itself.
  path | Path on the node; symbolic links are followed.
  type | What must be there: DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice.
ISCSIPersistentVolumeSource | A disk that is reached by iSCSI.
  targetPortal | Address of the portal, with a port if it is not 3260.
  iqn | Qualified name of the target.
  lun | Number of the logical unit.
  iscsiInterface | Interface of the initiator; default (tcp) by default.
  portals | Further portals, as host:port.
  chapAuthDiscovery | Whether discovery authenticates by CHAP.
  chapAuthSession | Whether sessions authenticate by CHAP.
  secretRef | Secret for CHAP.
  initiatorName | Name of the initiator, in place of the node's own.
ISCSIVolumeSource < ISCSIPersistentVolumeSource | A disk that is reached by iSCSI.
ImageVolumeSource | The files of an image, as a read-only volume.
  reference | Name of the image or artifact.
  pullPolicy | Always, IfNotPresent or Never; Always by default for the tag latest.
ImageVolumeStatus | The image that a volume shows.
  imageRef | Digest of the image.
KeyToPath | A key, and the file that it becomes.
  key | The key.
  path | File to write, relative to the volume's root, without '..'.
  mode | Permission bits of the file, 0 to 0777; the volume's defaultMode by default.
Lifecycle | What is run at the beginning and the end of a container.
  postStart | Run right after the start; a failure ends the container.
  preStop | Run before the container is told to end, within the grace period.
  stopSignal | Signal that ends the container; needs spec.os.name.
LifecycleHandler | One thing to do: one of these.
  exec | Run a command in the container.
  httpGet | Send a GET request.
  tcpSocket | Deprecated, without effect: open a connection.
  sleep | Wait.
LimitRange | Limits of what single objects of a namespace may ask for.
LimitRangeItem | Limits for one type of object.
  type | What is limited: Container, Pod or PersistentVolumeClaim.
  max | The most that is allowed, by resource.
  min | The least that is allowed, by resource.
  default | Limits that a container gets if it states none.
  defaultRequest | Requests that a container gets if it states none.
  maxLimitRequestRatio | How many times its request a limit may be at most.
LimitRangeSpec | The limits of a namespace.
  limits | The limits, by type of object.
LinuxContainerUser | User and groups of a process on Linux.
  uid | Number of the user.
  gid | Number of the first group.
  supplementalGroups | Numbers of further groups.
LoadBalancerIngress | An address of a load balancer.
  ip | Its address, if it is reached by one.
  hostname | Its DNS name, if it is reached by one.
  ipMode | VIP (packets keep the address) or Proxy; only with ip.
  ports | How each port fared.
LoadBalancerStatus | What is known about a load balancer.
  ingress | Its addresses.
LocalObjectReference | An object of the same namespace, by its name.
  name | Name of the object.
LocalVolumeSource | A disk or directory that is fixed to one node.
  path | Directory or block device on the node.
  fsType | File system to mount, if path is a block device.
ModifyVolumeStatus | A change of a volume's attributes class that is under way.
  targetVolumeAttributesClassName | The class that is being applied.
  status | Pending, InProgress or Infeasible.
NFSVolumeSource | A directory of an NFS server.
  server | Name or address of the server.
  path | Directory that the server exports.
Namespace | A room of its own for names, quotas and rights.
NamespaceCondition | A fact about a namespace, mostly about its deletion.
  type | Which fact: NamespaceDeletionContentFailure and others.
  status | True, False or Unknown.
NamespaceSpec | What is wanted of a namespace.
  finalizers | Who has to agree before the namespace goes; kubernetes empties it.
NamespaceStatus | How a namespace is.
  phase | Active or Terminating.
Node | A machine that runs pods.
NodeAddress | An address of a node.
  type | Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.
  address | The address or name.
NodeAffinity | Rules about the labels of the node.
  requiredDuringSchedulingIgnoredDuringExecution | What the node must have when the pod is placed.
  preferredDuringSchedulingIgnoredDuringExecution | What the node should have; the weights are added up.
NodeAllocatableResourceClaimStatus | How a claim uses a node's own resources.
  resourceClaimName | Name of the claim.
  containers | Containers that use the claim.
  resources | How much of each resource the claim takes.
NodeCondition | A fact about a node.
  type | Ready, MemoryPressure, DiskPressure, PIDPressure or NetworkUnavailable.
  status | True, False or Unknown.
  lastHeartbeatTime | When the kubelet said it last.
NodeConfigSource | Removed: where a kubelet gets its configuration.
  configMap | The ConfigMap with the configuration.
NodeConfigStatus | Removed: which configuration a kubelet uses.
  assigned | The configuration that it shall use.
  active | The configuration that it uses.
  lastKnownGood | The configuration to which it goes back.
  error | Why it does not use the assigned one.
NodeDaemonEndpoints | Where the daemons of a node listen.
  kubeletEndpoint | Where the kubelet listens.
NodeFeatures | What the runtime of a node can do.
  supplementalGroupsPolicy | Whether supplementalGroupsPolicy of pods is known to it.
NodeProxyOptions | The query of a request through a node.
  path | Path at the node.
NodeRuntimeHandler | A handler of a node's container runtime.
  name | Name of the handler; empty for the default one.
  features | What the handler can do.
NodeRuntimeHandlerFeatures | What a runtime handler can do.
  recursiveReadOnlyMounts | Whether mounts can be read-only all the way down.
  userNamespaces | Whether pods can have user namespaces, and volumes in them.
NodeSelector | Nodes by labels and fields; one matching term is enough.
  nodeSelectorTerms | The terms, of which one has to match.
NodeSelectorRequirement | One demand on a label or field of a node.
  key | The label or field.
  operator | In, NotIn, Exists, DoesNotExist, Gt or Lt.
  values | For In and NotIn at least one; for Gt and Lt one integer; else none.
NodeSelectorTerm | Demands that all have to be met; an empty term matches nothing.
  matchExpressions | Demands on labels.
  matchFields | Demands on fields; only metadata.name can be used.
NodeSpec | What is wanted of a node.
  podCIDR | Network from which the node's pods get addresses.
  podCIDRs | Networks of the node's pods, at most one of each family; the first is podCIDR.
  providerID | The cloud's own ID of the machine.
  unschedulable | Whether new pods are kept away (cordon).
  taints | Marks that keep away pods that do not tolerate them.
  configSource | Removed, without effect.
  externalID | Removed, without effect.
NodeStatus | How a node is.
  capacity | All that the node has, by resource.
  allocatable | What of its capacity pods may use.
  phase | Not used any more.
  addresses | Addresses at which the node can be reached.
  daemonEndpoints | Where the node's daemons listen.
  nodeInfo | Versions and IDs of the node.
  images | Images that are on the node.
  volumesInUse | Volumes that the kubelet still uses and that must stay attached.
  volumesAttached | Volumes that are attached to the node.
  config | Removed, without effect.
  runtimeHandlers | Handlers that the container runtime has.
  features | What the container runtime can do.
  declaredFeatures | Features that the kubelet says it has.
NodeSwapStatus | Swap space of a node.
  capacity | Size of the swap space in bytes.
NodeSystemInfo | Versions and IDs of a node.
  machineID | ID from /etc/machine-id.
  systemUUID | ID from the firmware.
  bootID | ID of the present boot.
  kernelVersion | Version of the kernel, as uname -r says.
  osImage | Name of the system, as /etc/os-release says.
  containerRuntimeVersion | Container runtime with its version, as containerd://2.0.0.
  kubeletVersion | Version of the kubelet.
  kubeProxyVersion | Deprecated; version of the service proxy.
  operatingSystem | linux or windows.
  architecture | Architecture in Go's words, for example amd64.
  swap | The node's swap space.
`
