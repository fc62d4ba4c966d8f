/** Descriptions of networking, discovery, rbac, storage, node, events, coordination and certificates. */
export const networking = (): string => `
HTTPIngressPath | A path and where its requests go.
  path | Path that is compared with the request's; must begin with /.
  pathType | Exact, Prefix (by parts), or ImplementationSpecific.
  backend | Where the requests go.
HTTPIngressRuleValue | The paths of a host.
  paths | The paths.
IPAddress | An address that is taken, so that no two Services get the same.
IPAddressSpec | Who has the address.
  parentRef | The object that has the address.
IPBlock | A network.
  cidr | The network, for example 192.168.1.0/24.
  except | Parts of it that are left out.
Ingress | Rules by which HTTP requests from outside reach Services.
IngressBackend | Where requests go: a Service or another object.
  service | A Service; excludes resource.
  resource | Another object of the namespace; excludes service.
  serviceName | Name of the Service.
  servicePort | Port of the Service.
IngressClass | A class of Ingresses, with the controller that serves them.
IngressClassParametersReference | An object with settings for a class.
  kind | Kind of the object.
  scope | Cluster (default) or Namespace.
  namespace | Namespace of the object; only and always with scope Namespace.
IngressClassSpec | Who serves a class.
  controller | Name of the controller, for example example.com/controller; it cannot be changed.
  parameters | An object with further settings.
IngressLoadBalancerIngress | An address of an Ingress.
  ip | Its address, if it is reached by one.
  hostname | Its DNS name, if it is reached by one.
  ports | How each port fared.
IngressLoadBalancerStatus | What is known about an Ingress's load balancer.
  ingress | Its addresses.
IngressPortStatus | How a port fared.
  error | Why the port could not be had, in a CamelCase word.
IngressRule | Rules for one host.
  host | Host name of the requests; *.example.com for any first part; empty means all.
  http | Rules by path.
IngressServiceBackend | A Service.
  name | Name of the Service.
  port | Port of the Service.
IngressSpec | The rules of an Ingress.
  ingressClassName | Class that serves the Ingress; the default class if unset.
  defaultBackend | Where requests go that no rule matches.
  backend | Where requests go that no rule matches.
  tls | Certificates by host.
  rules | The rules.
IngressStatus | What became of an Ingress.
  loadBalancer | Its addresses.
IngressTLS | A certificate and its hosts.
  hosts | Hosts that the certificate is for.
  secretName | Secret with the certificate and the key.
NetworkPolicy | Who may talk with chosen pods.
NetworkPolicyEgressRule | Connections that pods may make.
  ports | Ports of the targets; empty means all.
  to | The targets; empty means all.
NetworkPolicyIngressRule | Connections that pods may receive.
  ports | Ports of the pods; empty means all.
  from | The sources; empty means all.
NetworkPolicyPeer | Somebody to talk with.
  podSelector | Pods by labels, in the namespaces that namespaceSelector chooses, or in this one.
  ipBlock | A network; excludes the selectors.
NetworkPolicyPort | A port.
  port | Number or name of the port; unset means all.
  endPort | Last port of a range that begins with port.
NetworkPolicySpec | What a policy is about.
  podSelector | Pods to which it applies; empty means all of the namespace.
  ingress | Connections that the pods may receive; empty means none.
  egress | Connections that the pods may make; empty means none.
  policyTypes | Which directions it rules: Ingress, Egress.
ParentReference | The object that has an address.
ServiceBackendPort | A port of a Service, by name or number.
  name | Name of the port; excludes number.
  number | Number of the port; excludes name.
ServiceCIDR | Networks from which Services get their addresses.
ServiceCIDRSpec | The networks.
  cidrs | At most one network of each family; it cannot be changed.
ServiceCIDRStatus | How a ServiceCIDR is.
`

export const discovery = (): string => `
Endpoint | One who answers for a Service.
  addresses | Its addresses; all lead to the same; clients use the first.
  conditions | Whether it can be used.
  hostname | Its name in the DNS.
  targetRef | The object behind it, mostly a pod.
  deprecatedTopology | Old labels of its place.
  topology | Labels of its place.
  nodeName | Node on which it is.
  zone | Zone in which it is.
  hints | Who should use it.
EndpointConditions | Whether an endpoint can be used.
  ready | Whether it takes new connections; unset counts as true.
  serving | Whether it is ready, even while it ends; unset counts as true.
  terminating | Whether it is ending; unset counts as false.
EndpointHints | Who should use an endpoint.
  forZones | Clients of these zones.
  forNodes | Clients of these nodes.
EndpointPort | A port of a slice.
  name | Name of the port, as the Service has it.
  port | Number of the port; unset means all.
  appProtocol | Protocol of the application, for example kubernetes.io/h2c.
EndpointSlice | A part of those who answer for a Service.
  addressType | IPv4, IPv6 or FQDN; it cannot be changed.
  endpoints | The endpoints, at most 1000.
  ports | Their ports, at most 100.
ForNode | A node whose clients should use an endpoint.
  name | Name of the node.
ForZone | A zone whose clients should use an endpoint.
  name | Name of the zone.
`

export const rbac = (): string => `
AggregationRule | Which roles make up an aggregated role.
  clusterRoleSelectors | Labels of the roles whose rules are taken over.
ClusterRole | Rights for the whole cluster, or for use in any namespace.
  rules | The rights.
  aggregationRule | Roles from which the rights are gathered; the rules are then overwritten.
ClusterRoleBinding | Gives a ClusterRole to somebody, in the whole cluster.
  subjects | Who gets the rights.
  roleRef | The role; it cannot be changed.
PolicyRule | What may be done with what.
  verbs | What may be done: get, list, create and so on; * means all.
  apiGroups | Groups of the resources; empty text for the core group; * means all.
  resources | Resources, with subresources after a slash; * means all.
  resourceNames | Names of single objects; empty means all.
  nonResourceURLs | Paths beside resources, for example /healthz; a last * stands for the rest.
Role | Rights in one namespace.
  rules | The rights.
RoleBinding | Gives a Role or ClusterRole to somebody, in one namespace.
  subjects | Who gets the rights.
  roleRef | The role; it cannot be changed.
RoleRef | A role.
  apiGroup | Always rbac.authorization.k8s.io.
  kind | Role or ClusterRole.
Subject | Somebody who gets rights.
  kind | User, Group or ServiceAccount.
  apiGroup | Group of the kind: rbac.authorization.k8s.io, or empty for ServiceAccount.
  name | Name of the user, group or account.
  namespace | Namespace of the account; not for users and groups.
`

export const storage = (): string => `
CSIDriver | What a CSI driver can do and needs.
CSIDriverSpec | What the driver can do and needs.
  attachRequired | Whether volumes have to be attached before they are mounted; true by default.
  podInfoOnMount | Whether the driver is told about the pod; false by default.
  volumeLifecycleModes | Persistent (default), Ephemeral, or both.
  storageCapacity | Whether the scheduler asks for free capacity; false by default.
  fsGroupPolicy | ReadWriteOnceWithFSType (default), File or None: whether fsGroup is applied.
  tokenRequests | Tokens of the pod's account that the driver gets.
  requiresRepublish | Whether mounting is repeated now and then; false by default.
  seLinuxMount | Whether volumes take an SELinux context when mounted; false by default.
  nodeAllocatableUpdatePeriodSeconds | Seconds between updates of how many volumes a node takes, at least 10.
  serviceAccountTokenInSecrets | Whether tokens are passed as secrets instead of context.
  preventPodSchedulingIfMissing | Whether pods avoid nodes without the driver.
CSINode | The CSI drivers of one node.
CSINodeDriver | A driver on a node.
  nodeID | The driver's own name for the node.
  topologyKeys | Node labels that say where volumes can be reached.
  allocatable | What the driver can do on the node.
CSINodeSpec | The drivers.
  drivers | The drivers; each node's kubelet keeps the list.
CSIStorageCapacity | How much storage a class has at a place.
  nodeTopology | Nodes that can reach it.
  storageClassName | The class.
  capacity | How much is free.
  maximumVolumeSize | The largest volume that can be made.
StorageClass | A kind of storage that can be claimed.
  provisioner | Who makes the volumes.
  parameters | Settings for the provisioner.
  reclaimPolicy | What follows the claim's deletion: Delete (default) or Retain.
  mountOptions | Options of mount, for example ro.
  allowVolumeExpansion | Whether volumes can be enlarged.
  volumeBindingMode | Immediate (default), or WaitForFirstConsumer: when a pod needs it.
  allowedTopologies | Places where volumes may be made.
TokenRequest | A token that a driver gets.
  audience | Whom the token is for.
  expirationSeconds | Life of the token in seconds; 3600 by default.
VolumeAttachment | A wish to attach a volume to a node, or to detach it.
VolumeAttachmentSource | A volume: one of these.
  persistentVolumeName | Name of the PersistentVolume.
  inlineVolumeSpec | The volume itself.
VolumeAttachmentSpec | Which volume, and where.
  attacher | Driver that does it.
  source | The volume.
  nodeName | The node.
VolumeAttachmentStatus | How far it has come.
  attached | Whether the volume is attached.
  attachmentMetadata | What the driver says about the attachment.
  attachError | Why attaching failed last.
  detachError | Why detaching failed last.
VolumeAttributesClass | Settings of volumes that can be changed while they exist.
  driverName | CSI driver that knows the settings; it cannot be changed.
  parameters | The settings; they cannot be changed.
VolumeError | A failure with a volume.
  time | When it happened.
  message | What happened.
  errorCode | Number of the gRPC error.
VolumeNodeResources | What a driver can do on a node.
  count | How many volumes the node takes; unset means any number.
`

export const node = (): string => `
Overhead | What a sandbox itself needs.
  podFixed | Amounts for each pod, by resource.
RuntimeClass | A way to run containers.
  handler | Handler of the container runtime; it cannot be changed.
  overhead | What the sandbox itself needs.
  scheduling | Nodes that have the handler.
Scheduling | Nodes that have a handler.
  nodeSelector | Labels of these nodes; added to the pod's own.
  tolerations | Taints of these nodes; added to the pod's own.
`

export const events = (): string => `
Event | Something that happened to an object; kept for an hour or so.
  eventTime | When it was seen first, to the microsecond.
  series | How it goes on, if it happens again and again.
  reportingController | Name of the controller that reported it.
  reportingInstance | ID of the controller's instance.
  action | What was tried.
  reason | Why, in a CamelCase word.
  regarding | The object that the event is about.
  related | A second object that takes part.
  note | What happened, for people, up to 1 kB.
  type | Normal or Warning.
  deprecatedSource | Old form of the reporter.
  deprecatedFirstTimestamp | Old form of the first time.
  deprecatedLastTimestamp | Old form of the last time.
  deprecatedCount | Old form of the count.
EventSeries | An event that goes on.
  count | How often it has happened so far.
  lastObservedTime | When it was seen last.
`

export const coordination = (): string => `
Lease | Who leads, or who is alive, and since when.
LeaseSpec | The state of a lease.
  holderIdentity | Who holds the lease.
  leaseDurationSeconds | Seconds without renewal after which others may take it.
  acquireTime | When the holder took it.
  renewTime | When the holder renewed it last.
  leaseTransitions | How often it has changed hands.
  strategy | How the holder is chosen among candidates.
  preferredHolder | Who should get the lease from the holder.
LeaseCandidate | Somebody who would take a lease.
LeaseCandidateSpec | Who would take which lease.
  leaseName | Name of the lease; it cannot be changed.
  pingTime | When the candidate was asked whether it is alive.
  renewTime | When the candidate answered last.
  binaryVersion | Version of the program.
  emulationVersion | Version that the program acts like.
  strategy | How the holder is chosen.
`

export const certificates = (): string => `
CertificateSigningRequest | A wish for a certificate, with its approval.
CertificateSigningRequestCondition | A decision about a request.
  type | Approved, Denied or Failed.
  lastUpdateTime | When it was set last.
CertificateSigningRequestSpec | What is asked for; only the request is the user's.
  request | The PKCS 10 request in PEM.
  signerName | Who shall sign, for example kubernetes.io/kube-apiserver-client.
  expirationSeconds | Life that is wanted in seconds, at least 600.
  usages | What the key is for, for example client auth.
  username | Who asks; set by the server.
  uid | Unique ID of who asks; set by the server.
  groups | Groups of who asks; set by the server.
  extra | More about who asks; set by the server.
CertificateSigningRequestStatus | What became of a request.
  certificate | The certificate with its chain in PEM.
ClusterTrustBundle | Certificates that clients of the cluster trust.
ClusterTrustBundleSpec | The certificates.
  signerName | Signer that they belong to; unset means none.
  trustBundle | The certificates in PEM.
PodCertificateRequest | A kubelet's wish for a certificate for a pod.
PodCertificateRequestSpec | What is asked for.
  signerName | Who shall sign.
  podName | Name of the pod.
  podUID | Unique ID of the pod.
  serviceAccountName | Account of the pod.
  serviceAccountUID | Unique ID of the account.
  nodeName | Node of the pod.
  nodeUID | Unique ID of the node.
  maxExpirationSeconds | Longest life in seconds, 3600 to 7862400; 86400 by default.
  pkixPublicKey | The public key, as PKIX.
  proofOfPossession | Signature that shows possession of the key.
  stubPKCS10Request | A PKCS 10 request with the key, without a name.
  unverifiedUserAnnotations | Notes of the pod's author for the signer.
PodCertificateRequestStatus | What became of a request.
  certificateChain | The certificate with its chain in PEM.
  notBefore | When the certificate begins to hold.
  beginRefreshAt | When it should be renewed.
  notAfter | When the certificate ends.
`
