/** Descriptions of what extends and guards the API: admission, custom resources, reviews, flow control, metrics. */
export const admissionregistration = (): string => `
ApplyConfiguration | A change as server-side apply would make it.
  expression | CEL that gives the changed fields, as Object{...}.
AuditAnnotation | A note for the audit log.
  key | Key of the note, below the policy's name.
  valueExpression | CEL that gives a text, or null for no note.
ExpressionWarning | A doubt about an expression.
  fieldRef | Path of the expression in the policy.
  warning | The doubt, with the kind at which it arose.
JSONPatch | A change as a JSON patch.
  expression | CEL that gives a list of JSONPatch{...}.
MatchCondition | A further demand on the request.
  name | Name of the demand, for messages.
  expression | CEL that gives true for requests that are meant.
MatchResources | Requests, by what they are about.
  objectSelector | Labels of the object, or of its old form.
  resourceRules | Resources and operations that are meant; empty means none.
  excludeResourceRules | Resources and operations that are left out.
  matchPolicy | Equivalent (default: also by other versions), or Exact.
MutatingAdmissionPolicy | Changes objects on their way in, by CEL.
MutatingAdmissionPolicyBinding | Puts a MutatingAdmissionPolicy into force.
MutatingAdmissionPolicyBindingSpec | Where a policy is in force, and with which parameters.
  policyName | Name of the policy.
  paramRef | The parameters.
  matchResources | Narrows the requests further.
MutatingAdmissionPolicySpec | What a policy changes.
  paramKind | Kind of the parameters.
  matchConstraints | Requests that are meant.
  variables | Values that expressions share.
  mutations | The changes, in order.
  failurePolicy | Whether errors refuse the request: Fail (default) or Ignore.
  matchConditions | Further demands on the request, at most 64.
  reinvocationPolicy | Never, or IfNeeded: again if others changed the object.
MutatingWebhook < ValidatingWebhook | A server that changes objects on their way in.
  reinvocationPolicy | Never (default), or IfNeeded: again if others changed the object.
MutatingWebhookConfiguration | Servers that change objects on their way in.
  webhooks | The servers, in order of their configurations' names.
Mutation | One change.
  patchType | ApplyConfiguration or JSONPatch.
  applyConfiguration | The change, for ApplyConfiguration.
  jsonPatch | The change, for JSONPatch.
NamedRuleWithOperations < RuleWithOperations | Resources and operations, perhaps of single objects.
  resourceNames | Names of the objects; empty means all.
ParamKind | Kind of a policy's parameters.
  apiVersion | Group and version of the kind.
  kind | The kind.
ParamRef | The parameters of a binding.
  name | One object by its name; excludes selector.
  namespace | Namespace of the parameters; the request's own if unset.
  selector | All objects with these labels; excludes name.
  parameterNotFoundAction | Allow or Deny, if there are none.
RuleWithOperations | Resources and operations.
  operations | CREATE, UPDATE, DELETE, CONNECT, or * for all.
  apiGroups | Groups of the resources; * means all.
  apiVersions | Versions of the resources; * means all.
  resources | Resources, with subresources after a slash; * means all.
  scope | Cluster, Namespaced, or * (default).
ServiceReference | A Service of the cluster.
  name | Name of the Service.
  namespace | Namespace of the Service.
  path | Path of the requests.
  port | Port of the Service; 443 by default.
TypeChecking | What was found in a policy's expressions.
  expressionWarnings | The doubts.
ValidatingAdmissionPolicy | Refuses objects on their way in, by CEL.
ValidatingAdmissionPolicyBinding | Puts a ValidatingAdmissionPolicy into force.
ValidatingAdmissionPolicyBindingSpec < MutatingAdmissionPolicyBindingSpec | Where a policy is in force.
  validationActions | What a violation leads to: Deny, Warn, Audit.
ValidatingAdmissionPolicySpec < MutatingAdmissionPolicySpec | What a policy demands.
  validations | The demands.
  auditAnnotations | Notes for the audit log.
ValidatingAdmissionPolicyStatus | What was found in a policy.
  typeChecking | Doubts about the expressions.
ValidatingWebhook | A server that judges objects on their way in.
  name | Full domain name of the webhook.
  clientConfig | How the server is reached.
  rules | Resources and operations that are meant.
  failurePolicy | Whether errors refuse the request: Fail (default) or Ignore.
  matchPolicy | Equivalent (default: also by other versions), or Exact.
  objectSelector | Labels of the object, or of its old form.
  sideEffects | None, or NoneOnDryRun.
  timeoutSeconds | Seconds that the server has to answer, 1 to 30; 10 by default.
  admissionReviewVersions | Versions of AdmissionReview that it understands, best first.
  matchConditions | Further demands on the request, at most 64.
ValidatingWebhookConfiguration | Servers that judge objects on their way in.
  webhooks | The servers.
Validation | A demand of a policy.
  expression | CEL that gives true for what is allowed.
  message | What is said to who violates it.
  reason | Unauthorized, Forbidden, Invalid (default) or RequestEntityTooLarge.
  messageExpression | CEL that gives the message; it goes before message.
Variable | A value that expressions share.
  name | Name after which it is variables.name.
  expression | CEL that gives the value.
WebhookClientConfig | How a server is reached: by url or by service.
  url | Its https URL, without user, query and fragment.
  service | Its Service.
  caBundle | Certificates in PEM that verify it; those of the system if unset.
`

export const authentication = (): string => `
BoundObjectReference | An object whose deletion ends a token.
  kind | Pod, Secret or Node.
  apiVersion | Version of the kind.
  uid | Unique ID of the object.
SelfSubjectReview | Tells you who you are.
SelfSubjectReviewStatus | Who you are.
  userInfo | Your name, groups and the like.
TokenRequest | Asks for a token of a ServiceAccount.
TokenRequestSpec | The token that is wanted.
  audiences | Whom the token is for; the API server by default.
  expirationSeconds | Life of the token in seconds; 3600 by default.
  boundObjectRef | An object whose deletion ends the token.
TokenRequestStatus | The token.
  token | The token.
  expirationTimestamp | When it ends.
TokenReview | Asks whose token this is.
TokenReviewSpec | The token.
  token | The token.
  audiences | Whom it should be for.
TokenReviewStatus | Whose token it is.
  authenticated | Whether it is good.
  user | Whose it is.
  audiences | Which of the asked audiences it is for.
  error | Why it could not be checked.
UserInfo | Who somebody is.
  username | Name, unique among all users.
  uid | Unique ID, also over time.
  groups | Groups.
  extra | More, by key.
`

export const authorization = (): string => `
FieldSelectorAttributes | The field selector of a list, watch or deletion.
  rawSelector | As in the query; excludes requirements.
  requirements | Its single demands.
LabelSelectorAttributes < FieldSelectorAttributes | The label selector of a list, watch or deletion.
LocalSubjectAccessReview | Asks whether somebody may do something in one namespace.
NonResourceAttributes | A request beside resources.
  path | Path of the request.
  verb | Method of the request, in lower case.
NonResourceRule | What you may do beside resources.
  verbs | Methods; * means all.
  nonResourceURLs | Paths; a last * stands for the rest.
ResourceAttributes | A request for a resource.
  namespace | Namespace; empty means all, or none for cluster-wide kinds.
  verb | get, list, watch, create, update, patch, delete and others; * means all.
  group | Group; * means all.
  version | Version; * means all.
  resource | Resource; * means all.
  subresource | Subresource, if there is one.
  name | Name of the object; empty means all.
  fieldSelector | Fields by which the objects are chosen.
  labelSelector | Labels by which the objects are chosen.
ResourceRule | What you may do with resources.
  verbs | What may be done; * means all.
  apiGroups | Groups; * means all.
  resources | Resources; * means all.
  resourceNames | Names of the objects; empty means all.
SelfSubjectAccessReview | Asks whether you may do something.
SelfSubjectAccessReviewSpec | What you would do: one of these.
  resourceAttributes | A request for a resource.
  nonResourceAttributes | A request beside resources.
SelfSubjectRulesReview | Asks what you may do in a namespace.
SelfSubjectRulesReviewSpec | Where.
  namespace | The namespace.
SubjectAccessReview | Asks whether somebody may do something.
SubjectAccessReviewSpec < SelfSubjectAccessReviewSpec | Who would do what.
  user | Name of the user.
  groups | Groups of the user.
  extra | More about the user.
  uid | Unique ID of the user.
SubjectAccessReviewStatus | The answer.
  allowed | Whether it is allowed.
  denied | Whether it is forbidden for certain; else other authorizers may allow it.
  reason | Why.
  evaluationError | What went wrong on the way; the answer may hold all the same.
SubjectRulesReviewStatus | What may be done; not all of it may be known.
  resourceRules | With resources.
  nonResourceRules | Beside resources.
  incomplete | Whether there may be more.
  evaluationError | What went wrong on the way.
`

export const flowcontrol = (): string => `
ExemptPriorityLevelConfiguration | Settings of a level without limit.
  nominalConcurrencyShares | Its share of the seats, of which others may borrow; 0 by default.
  lendablePercent | Percent of its seats that others may borrow; 0 by default.
FlowDistinguisherMethod | How requests of a schema become flows.
  type | ByUser or ByNamespace.
FlowSchema | Sends certain requests to a priority level.
FlowSchemaSpec | Which requests go where.
  priorityLevelConfiguration | The level.
  matchingPrecedence | Lower is looked at first, 1 to 10000; 1000 by default.
  distinguisherMethod | How requests become flows; unset means a single flow.
  rules | Requests that are meant; one rule is enough.
FlowSchemaStatus | How a schema is.
GroupSubject | A group of users.
  name | Name of the group; * means all.
LimitResponse | What happens to requests beyond the limit.
  type | Queue or Reject.
  queuing | Settings for Queue.
LimitedPriorityLevelConfiguration | Settings of a level with a limit.
  nominalConcurrencyShares | Its share of the seats; 30 by default.
  assuredConcurrencyShares | Its share of the seats; 30 by default.
  limitResponse | What happens beyond the limit.
  lendablePercent | Percent of its seats that others may borrow; 0 by default.
  borrowingLimitPercent | Percent of its seats that it may borrow; unset means any number.
NonResourcePolicyRule | Requests beside resources.
  verbs | Methods in lower case; * means all.
  nonResourceURLs | Paths; a last * stands for the rest.
PolicyRulesWithSubjects | Requests of certain users.
  subjects | The users; one is enough.
  resourceRules | Requests for resources.
  nonResourceRules | Requests beside resources.
PriorityLevelConfiguration | A priority level, with its share of the server.
PriorityLevelConfigurationReference | A priority level.
  name | Name of the level.
PriorityLevelConfigurationSpec | What a level may use.
  type | Limited or Exempt.
  limited | Settings for Limited.
  exempt | Settings for Exempt.
PriorityLevelConfigurationStatus | How a level is.
QueuingConfiguration | The queues of a level.
  queues | How many queues there are; 64 by default.
  handSize | Among how many queues a flow is spread; 8 by default.
  queueLengthLimit | How many requests a queue holds; 50 by default.
ResourcePolicyRule | Requests for resources.
  verbs | What is done; * means all.
  apiGroups | Groups; * means all.
  resources | Resources, with subresources after a slash; * means all.
  clusterScope | Whether requests without a namespace are meant.
  namespaces | Namespaces that are meant; * means all.
ServiceAccountSubject | A ServiceAccount.
  namespace | Namespace of the account.
  name | Name of the account; * means all.
Subject | Users: one of these.
  kind | User, Group or ServiceAccount.
  user | A user.
  group | A group of users.
  serviceAccount | A ServiceAccount.
UserSubject | A user.
  name | Name of the user; * means all.
`

export const storagemigration = (): string => `
StorageVersionMigration | Stores all objects of a resource again, in its present form.
StorageVersionMigrationSpec | What is stored again.
  resource | The resource.
StorageVersionMigrationStatus | How far it has come.
  resourceVersion | State of the cluster at the beginning.
`

export const apiserverinternal = (): string => `
ServerStorageVersion | What one API server writes and reads.
  apiServerID | ID of the server.
  encodingVersion | Version that it writes.
  decodableVersions | Versions that it reads.
  servedVersions | Versions that it serves.
StorageVersion | In which version a resource is stored.
StorageVersionSpec | Empty.
StorageVersionStatus | What the API servers write and read.
  storageVersions | By server.
  commonEncodingVersion | Version that all of them write, if they agree.
`

export const admission = (): string => `
AdmissionRequest | A request that a webhook shall judge.
  uid | ID of this question; the answer repeats it.
  kind | Kind of the object as it is sent.
  resource | Resource as the webhook knows it.
  subResource | Subresource as the webhook knows it.
  requestKind | Kind of the request itself.
  requestResource | Resource of the request itself.
  requestSubResource | Subresource of the request itself.
  operation | CREATE, UPDATE, DELETE or CONNECT.
  userInfo | Who asks.
  object | The object; none for DELETE.
  oldObject | The object before; none for CREATE.
  dryRun | Whether nothing will be stored.
  options | Options of the request.
AdmissionResponse | The webhook's answer.
  uid | ID of the question.
  allowed | Whether the request may go on.
  status | More about a refusal.
  patch | Change of the object.
  patchType | Form of the change: JSONPatch.
  auditAnnotations | Notes for the audit log.
  warnings | Sentences for the client.
AdmissionReview | A question to a webhook, and its answer.
  request | The question.
  response | The answer.
`

export const apidiscovery = (): string => `
APIGroupDiscovery | A group with all its versions and resources.
  versions | The versions, best first.
APIResourceDiscovery | A resource.
  resource | Name in plural.
  responseKind | Kind of its objects.
  scope | Cluster or Namespaced.
  singularResource | Name in singular.
  verbs | What can be done with it.
  shortNames | Short names for the command line.
  categories | Names for several resources together.
  subresources | Its subresources.
APISubresourceDiscovery | A subresource.
  responseKind | Kind that it answers with.
  acceptedTypes | Kinds that it takes.
  verbs | What can be done with it.
APIVersionDiscovery | A version with its resources.
  resources | The resources.
  freshness | Current, or Stale if its server did not answer.
`

export const imagepolicy = (): string => `
ImageReview | Asks whether images may run.
ImageReviewContainerSpec | A container.
  image | Its image.
ImageReviewSpec | What would run.
  containers | The containers.
  annotations | Annotations of the pod that are meant for the judge.
  namespace | Namespace of the pod.
ImageReviewStatus | The answer.
  allowed | Whether all images may run.
  reason | Why not.
  auditAnnotations | Notes for the audit log.
`

export const apiextensions = (): string => `
ConversionRequest | Objects that a webhook shall convert.
  uid | ID of this question; the answer repeats it.
  desiredAPIVersion | Version that is wanted.
  objects | The objects.
ConversionResponse | The webhook's answer.
  uid | ID of the question.
  convertedObjects | The objects in the wanted version, in the same order.
  result | Success, or why it failed.
ConversionReview | A question to a conversion webhook, and its answer.
  request | The question.
  response | The answer.
CustomResourceColumnDefinition | A column of tables.
  name | Heading of the column.
  type | integer, number, string, boolean or date.
  format | More about the type; name marks the column with the object's name.
  priority | 0 is always shown; others only in wide tables.
  jsonPath | Path of the value, for example .spec.size.
  JSONPath | Path of the value, for example .spec.size.
CustomResourceConversion | How objects change their version.
  strategy | None (only apiVersion changes) or Webhook.
  webhook | Settings for Webhook.
  webhookClientConfig | How the webhook is reached.
  conversionReviewVersions | Versions of ConversionReview that it understands, best first.
CustomResourceDefinition | A kind of your own, served like the built-in ones.
CustomResourceDefinitionCondition | A fact about a definition.
  type | Established, NamesAccepted, NonStructuralSchema, Terminating and others.
CustomResourceDefinitionNames | The names of a kind.
  plural | Name in plural, as in paths; in lower case.
  singular | Name in singular; the kind in lower case by default.
  shortNames | Short names for the command line.
  kind | The kind in CamelCase.
  listKind | Kind of its lists; the kind with List by default.
  categories | Names for several resources together, for example all.
CustomResourceDefinitionSpec | A kind of your own.
  group | Group of the kind; the definition is named plural.group.
  names | Names of the kind.
  scope | Cluster or Namespaced.
  version | Its only version; deprecated for versions.
  versions | Its versions, one of which is stored.
  conversion | How objects change their version.
  preserveUnknownFields | Whether fields are kept that the schema does not name; must be false.
  validation | Schema of all versions.
  subresources | Subresources of all versions.
  additionalPrinterColumns | Columns of all versions.
  selectableFields | Fields of all versions for field selectors.
CustomResourceDefinitionStatus | What became of a definition.
  acceptedNames | Names under which it is served.
  storedVersions | Versions in which objects were ever stored.
CustomResourceDefinitionVersion | A version of a kind.
  name | Name of the version, for example v1beta1.
  served | Whether it is served.
  storage | Whether it is the version that is stored; exactly one is.
  deprecated | Whether clients are warned.
  deprecationWarning | What clients are told then.
  schema | Schema of the objects.
  subresources | Subresources.
  additionalPrinterColumns | Columns of tables; the age by default.
  selectableFields | Fields for field selectors, at most 8.
CustomResourceSubresourceScale | Where the number of replicas is.
  specReplicasPath | Path of the wanted number, below .spec.
  statusReplicasPath | Path of the present number, below .status.
  labelSelectorPath | Path of the selector as a text.
CustomResourceSubresourceStatus | Empty: the status is a subresource.
CustomResourceSubresources | Subresources of a kind.
  status | If set, the status is written apart from the rest.
  scale | If set, replicas can be read and written by Scale.
CustomResourceValidation | How objects are checked.
  openAPIV3Schema | The schema.
ExternalDocumentation | A page about something.
  url | Where the page is.
JSON | Any JSON value.
JSONSchemaProps | A schema, as in OpenAPI v3.
  id | Not used.
  $schema | Not used.
  $ref | Not allowed.
  type | object, array, string, integer, number or boolean.
  format | More about the type, for example date-time or int32.
  title | A heading.
  default | Value of what is missing.
  maximum | The greatest number.
  exclusiveMaximum | Whether the maximum itself is too great.
  minimum | The smallest number.
  exclusiveMinimum | Whether the minimum itself is too small.
  maxLength | The most characters.
  minLength | The fewest characters.
  pattern | Regular expression that has to match.
  maxItems | The most items.
  minItems | The fewest items.
  uniqueItems | Must be false.
  multipleOf | Number of which it has to be a multiple.
  enum | All allowed values.
  maxProperties | The most fields.
  minProperties | The fewest fields.
  required | Fields that must not be missing.
  items | Schema of the items.
  allOf | Schemas that all have to hold.
  oneOf | Schemas of which exactly one has to hold.
  anyOf | Schemas of which one has to hold.
  not | Schema that must not hold.
  properties | Schemas of the fields.
  additionalProperties | Schema of all other fields.
  patternProperties | Not allowed.
  dependencies | Not allowed.
  additionalItems | Not allowed.
  definitions | Not allowed.
  externalDocs | A page about it.
  example | An example.
  nullable | Whether null is allowed.
  x-kubernetes-preserve-unknown-fields | Whether fields are kept that the schema does not name.
  x-kubernetes-embedded-resource | Whether it is a whole object with apiVersion, kind and metadata.
  x-kubernetes-int-or-string | Whether it is a number or a text.
  x-kubernetes-list-map-keys | Fields that identify an item of a list of type map.
  x-kubernetes-list-type | atomic (default), set or map: how lists are merged.
  x-kubernetes-map-type | granular (default) or atomic: how objects are merged.
  x-kubernetes-validations | Rules in CEL.
JSONSchemaPropsOrArray | A schema, or a list of them.
JSONSchemaPropsOrBool | A schema, or true or false.
JSONSchemaPropsOrStringArray | A schema, or a list of texts.
SelectableField | A field for field selectors.
  jsonPath | Path of the field, for example .spec.color.
ServiceReference | A Service of the cluster.
  name | Name of the Service.
  namespace | Namespace of the Service.
  path | Path of the requests.
  port | Port of the Service; 443 by default.
ValidationRule | A rule in CEL.
  rule | CEL that gives true for what is allowed; self is the value, oldSelf the one before.
  message | What is said to who violates it.
  messageExpression | CEL that gives the message; it goes before message.
  reason | FieldValueInvalid (default), FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.
  fieldPath | Path of the field that is at fault, for example .spec.size.
  optionalOldSelf | Whether the rule holds at creation too; oldSelf is then optional.
WebhookClientConfig | How a server is reached: by url or by service.
  url | Its https URL, without user, query and fragment.
  service | Its Service.
  caBundle | Certificates in PEM that verify it; those of the system if unset.
WebhookConversion | A webhook that converts objects.
  clientConfig | How the webhook is reached.
  conversionReviewVersions | Versions of ConversionReview that it understands, best first.
`

export const apiregistration = (): string => `
APIService | A group-version, and the server that serves it.
APIServiceCondition | A fact about an APIService.
  type | Available.
APIServiceSpec | Who serves which group-version.
  service | Service of the server; unset means the API server itself.
  insecureSkipTLSVerify | Whether the server's certificate is not checked.
  caBundle | Certificates in PEM that verify the server.
  groupPriorityMinimum | Rank of the group; higher goes first.
  versionPriority | Rank of the version in its group; higher goes first.
APIServiceStatus | How an APIService is.
ServiceReference | A Service of the cluster.
  name | Name of the Service.
  namespace | Namespace of the Service.
  port | Port of the Service; 443 by default.
`

export const metrics = (): string => `
ContainerMetrics | What a container uses.
  name | Name of the container.
  usage | How much of each resource, on average over the window.
NodeMetrics | What a node uses.
  timestamp | End of the window.
  window | Length of the window.
  usage | How much of each resource, on average over the window.
PodMetrics | What a pod uses.
  timestamp | End of the window.
  window | Length of the window.
  containers | What each container uses.
`

export const customMetrics = (): string => `
MetricIdentifier | A metric.
  name | Name of the metric.
  selector | Labels of the series.
MetricListOptions | The query of a request for metrics.
  labelSelector | Only objects whose labels match.
  metricLabelSelector | Only series whose labels match.
MetricValue | The value of a metric.
  describedObject | The object that it is about.
  metric | The metric.
  timestamp | When it was measured.
  windowSeconds | Seconds over which it was measured; 0 means at once.
  value | The value.
`

export const externalMetrics = (): string => `
ExternalMetricValue | The value of a metric from outside the cluster.
  metricName | Name of the metric.
  metricLabels | Labels of the series.
  timestamp | When it was measured.
  window | Seconds over which it was measured; 0 means at once.
  value | The value.
`
