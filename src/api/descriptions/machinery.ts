/** Descriptions of types that every group uses: meta/v1, and the scalars with a definition of their own. */
export const machinery = (): string => `
APIGroup | A group of the API and its versions.
  name | Name of the group.
  versions | Versions of the group that are served.
  preferredVersion | Version that clients should take.
  serverAddressByClientCIDRs | Addresses for clients of certain networks.
APIGroupList | The groups of the API.
  groups | The groups.
APIResourceList | The resources of a group-version.
  groupVersion | Group and version as group/version.
  resources | The resources.
APIResource | A resource that is served.
  name | Name in plural, with a subresource after a slash.
  singularName | Name in singular.
  namespaced | Whether its objects are in namespaces.
  group | Group of its kind; the list's own if empty.
  version | Version of its kind; the list's own if empty.
  kind | Kind of its objects.
  verbs | What can be done with it: get, list, watch, create, update, patch, delete and others.
  shortNames | Short names for the command line.
  categories | Names for several resources together, for example all.
  storageVersionHash | Changes when the stored version does.
APIVersions | Versions of the core group.
  versions | Versions that are served.
  serverAddressByClientCIDRs | Addresses for clients of certain networks.
Condition | A single fact about the state of an object.
  type | Which fact, in CamelCase.
  observedGeneration | The metadata.generation for which this was found.
CreateOptions | The query of a create request.
  dryRun | With All, nothing is stored.
  fieldManager | Name under which the fields are owned, up to 128 characters.
  fieldValidation | Ignore, Warn (default) or Strict: what unknown and repeated fields lead to.
DeleteOptions | How an object is deleted.
  gracePeriodSeconds | Seconds that the object has to end; 0 deletes at once; unset means its own.
  preconditions | What must hold, or else the answer is 409 Conflict.
  orphanDependents | Deprecated, see propagationPolicy: whether dependents stay.
  propagationPolicy | What happens to dependents: Orphan, Background or Foreground.
  dryRun | With All, nothing is deleted.
  ignoreStoreReadErrorWithClusterBreakingPotential | Deletes what can no longer be read, without finalizers.
FieldSelectorRequirement | One demand on a field.
  key | Path of the field.
  operator | In, NotIn, Exists or DoesNotExist.
  values | For In and NotIn at least one; else none.
GetOptions | The query of a get request.
  resourceVersion | How new the answer must be at least.
GroupResource | A resource without its version.
GroupVersionForDiscovery | A version of a group.
  groupVersion | Group and version as group/version.
GroupVersionKind | A kind with group and version.
GroupVersionResource | A resource with group and version.
LabelSelector | Objects by their labels; all demands have to be met; an empty selector matches everything.
  matchLabels | Labels that must have exactly these values.
  matchExpressions | Demands on labels.
LabelSelectorRequirement | One demand on a label.
  key | The label.
  operator | In, NotIn, Exists or DoesNotExist.
  values | For In and NotIn at least one; else none.
ListMeta | Metadata of a list.
  selfLink | Not used any more.
  resourceVersion | State of the cluster that the list shows; watches may begin there.
  continue | Token for the next part; empty at the end.
  remainingItemCount | How many objects follow; may be unset.
  shardInfo | Which share of the objects this is.
ListOptions | The query of a list or watch request.
  labelSelector | Only objects whose labels match.
  fieldSelector | Only objects whose fields match.
  watch | Whether to stream changes instead.
  allowWatchBookmarks | Whether BOOKMARK events are welcome.
  resourceVersion | Which state the answer has to reflect.
  resourceVersionMatch | Exact or NotOlderThan.
  timeoutSeconds | Seconds after which the request ends.
  limit | How many objects a part may have.
  continue | Token of the part before.
  sendInitialEvents | Whether a watch begins with all objects.
  shardSelector | Which share of the objects is wanted.
ManagedFieldsEntry | The fields that one writer owns.
  manager | Name of the writer.
  operation | Apply or Update.
  time | When the writer last changed its set of fields.
  fieldsType | Form of the set; always FieldsV1.
  fieldsV1 | The set of fields.
  subresource | Subresource through which was written; empty for the object itself.
ObjectMeta | What every object has: names, labels, owners and times.
  name | Name, unique among the objects of its kind and namespace; it cannot be changed.
  generateName | Beginning of a name that the server completes with 5 characters.
  namespace | Namespace of the object; it cannot be changed; empty for cluster-wide kinds.
  selfLink | Not used any more.
  uid | Unique ID, given by the server; no two objects ever have the same.
  resourceVersion | Version of the object, opaque; an update that gives it fails if it is old.
  generation | Counts the changes of what is wanted.
  creationTimestamp | CreationTimestamp is a timestamp: when the server created the object.
  deletionTimestamp | When the object was, or will be, deleted; set by the server.
  deletionGracePeriodSeconds | Seconds that the object has to end.
  labels | Short texts by key, by which objects are chosen.
  annotations | Texts by key for programs and people; not for choosing.
  ownerReferences | Objects that own this one; it goes when all of them are gone.
  finalizers | Who has to agree before the object goes; each removes its own entry.
  managedFields | Which writer owns which fields; kept by the server.
OwnerReference | An owner of an object, in the same namespace or cluster-wide.
  apiVersion | Group and version of the owner.
  kind | Kind of the owner.
  name | Name of the owner.
  uid | Unique ID of the owner.
  controller | Whether the owner manages the object; at most one does.
  blockOwnerDeletion | Whether foreground deletion of the owner waits for the object.
PartialObjectMetadata | An object of any kind, with nothing but its metadata.
PatchOptions < CreateOptions | The query of a patch request.
  force | Whether an apply takes over fields of others.
Preconditions | What must hold for a deletion.
  uid | Unique ID that the object must have.
  resourceVersion | Version that the object must have.
ServerAddressByClientCIDR | An address for clients of a network.
  clientCIDR | Network of the clients.
  serverAddress | Address that these clients should use.
ShardInfo | Which share of the objects a list has.
  selector | The share.
Status | The outcome of a request that gives no object.
  status | Success or Failure.
  message | What happened, for people.
  reason | Why it failed, in a word: NotFound, Conflict, Invalid and others.
  details | More about the failure; depends on the reason.
  code | HTTP status code.
StatusCause | One cause of a failure.
  reason | The cause in a word.
  message | The cause for people.
  field | Path of the field that is at fault.
StatusDetails | More about a failure.
  name | Name of the object.
  group | Group of its kind.
  kind | Kind, or resource, of the object.
  uid | Unique ID of the object.
  causes | Single causes of the failure.
  retryAfterSeconds | Seconds after which to try again.
Table | Objects as lines and columns.
  columnDefinitions | The columns.
  rows | The lines.
TableColumnDefinition | A column.
  name | Heading of the column.
  type | integer, number, string, boolean or date.
  format | More about the type; name marks the column with the object's name.
  priority | 0 is always shown; others only in wide tables.
TableOptions | The query of a request for a table.
  includeObject | None, Metadata (default) or Object.
TableRow | A line.
  cells | One value for each column.
  conditions | Facts about the line.
  object | The object, or its metadata.
TableRowCondition | A fact about a line.
  type | Completed: the object will not run again.
UpdateOptions < CreateOptions | The query of an update request.
WatchEvent | A change that a watch tells.
  type | ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.
  object | The object after the change, before its deletion, or a Status for ERROR.
Patch | A change of an object, in the form that its content type says.
Time | A time in RFC 3339, in seconds.
MicroTime | A time in RFC 3339, in microseconds.
Duration | A length of time, for example 1h30m.
FieldsV1 | A set of fields as a tree: f:name for fields, k:{...} for list items, '.' for the item itself.
Quantity | An amount: a number with a suffix such as m, k, M, Ki, Mi.
IntOrString | A number, or a text such as 25%.
RawExtension | Any object, with its apiVersion and kind.
Info | The version of the server.
  major | Major version.
  minor | Minor version.
  emulationMajor | Major version that the server acts like.
  emulationMinor | Minor version that the server acts like.
  minCompatibilityMajor | Oldest major version with which it is compatible.
  minCompatibilityMinor | Oldest minor version with which it is compatible.
  gitVersion | Version as v1.2.3.
  gitCommit | Commit from which it was built.
  gitTreeState | Whether that commit was changed: clean or dirty.
  buildDate | When it was built.
  goVersion | Version of the language it was built with.
  compiler | Compiler it was built with.
  platform | System and architecture.
`
