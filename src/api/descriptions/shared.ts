/** Descriptions of fields that mean the same in most types. */
export const shared = (): string => `
* | Any type.
  apiVersion | Group and version of this form of the object, for example apps/v1.
  kind | What the object is, in CamelCase; it cannot be changed.
  metadata | The object's name, labels and the like.
  spec | What is wanted.
  status | What was observed last; written by the cluster, not by users.
  conditions | Single facts about the state, one for each type of condition.
  observedGeneration | The metadata.generation that the status is about.
  type | Which kind of entry this is.
  reason | One CamelCase word for programs that says why.
  message | A sentence for people that says more.
  lastTransitionTime | When the status changed last.
  name | Name of the object.
  namespace | Namespace of the object.
  uid | Unique ID of the object, given by the server.
  resourceVersion | Version of the object, an opaque text.
  fsType | File system type of the volume, for example ext4; it has to be known to the node.
  readOnly | Whether it is mounted for reading only; false by default.
  partition | Number of the partition to mount; 0 or unset means the whole disk.
  optional | Whether what is named here may be missing.
  secretRef | The Secret that holds the credentials.
  user | Name of the user; the meaning of an empty one is the driver's.
  apiGroup | API group of the kind that is named; empty means the core group.
  group | API group; empty means the core group.
  version | API version.
  resource | Name of a resource in the API, in plural: pods.
  subresource | Name of a subresource, for example status.
  selector | Which objects are meant, by their labels.
  labelSelector | Which objects are meant, by their labels.
  namespaceSelector | Which namespaces are meant, by their labels.
  replicas | How many replicas there are, or should be.
  minReadySeconds | Seconds that a new pod has to be ready before it counts as available; 0 by default.
  template | The pod that is created, as a template.
  port | Number of a port, 1 to 65535.
  protocol | Protocol of the port: TCP (default), UDP or SCTP.
  key | The key that is meant.
  value | The value.
  values | The values that are compared with.
  operator | How the values are compared.
  description | A text for people.
  driver | Name of the driver.
`
