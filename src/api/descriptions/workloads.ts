/** Descriptions of apps, batch, autoscaling, policy and scheduling. */
export const apps = (): string => `
ControllerRevision | A former state of a controller's template; it cannot be changed.
  data | The state.
  revision | Number of the revision; higher is newer.
DaemonSet | Runs one pod on every node, or on chosen nodes.
DaemonSetSpec | The pods of a DaemonSet.
  selector | Labels of the pods; must match the template's; it cannot be changed.
  template | The pod that each node gets.
  updateStrategy | How pods are replaced when the template changes.
  revisionHistoryLimit | How many former states are kept; 10 by default.
DaemonSetStatus | How far a DaemonSet has come.
  currentNumberScheduled | Nodes that run the pod and should.
  numberMisscheduled | Nodes that run the pod and should not.
  desiredNumberScheduled | Nodes that should run the pod.
  numberReady | Nodes on which the pod is ready.
  updatedNumberScheduled | Nodes that run the pod of the newest template.
  numberAvailable | Nodes on which the pod has been ready for minReadySeconds.
  numberUnavailable | Nodes that should run the pod and where none is available.
  collisionCount | Counts clashes of names of former states.
DaemonSetUpdateStrategy | How pods are replaced.
  type | RollingUpdate (default), or OnDelete: only when they are deleted.
  rollingUpdate | Settings for RollingUpdate.
Deployment | Keeps a number of equal pods running and replaces them step by step.
DeploymentCondition | A fact about a Deployment.
  type | Available, Progressing or ReplicaFailure.
  lastUpdateTime | When it was looked at last.
DeploymentSpec | The pods of a Deployment, and how they are replaced.
  replicas | How many pods are wanted; 1 by default.
  selector | Labels of the pods; must match the template's; it cannot be changed.
  template | The pods that are created.
  strategy | How pods are replaced when the template changes.
  revisionHistoryLimit | How many old ReplicaSets are kept for going back; 10 by default.
  paused | Whether changes of the template have to wait.
  progressDeadlineSeconds | Seconds without progress after which it counts as failed; 600 by default.
DeploymentStatus | How far a Deployment has come.
  replicas | Pods that exist.
  updatedReplicas | Pods of the newest template.
  readyReplicas | Pods that are ready.
  availableReplicas | Pods that have been ready for minReadySeconds.
  unavailableReplicas | Pods that are missing or not available yet.
  terminatingReplicas | Pods that are ending.
  collisionCount | Counts clashes of names of ReplicaSets.
DeploymentStrategy | How pods are replaced.
  type | RollingUpdate (default), or Recreate: the old ones go first.
  rollingUpdate | Settings for RollingUpdate.
ReplicaSet | Keeps a number of equal pods running; mostly made by a Deployment.
ReplicaSetCondition | A fact about a ReplicaSet.
  type | ReplicaFailure.
ReplicaSetSpec | The pods that are wanted, and how many.
  replicas | How many pods are wanted; 1 by default.
  selector | Labels of the pods; must match the template's; it cannot be changed.
  template | The pods that are created when there are too few.
ReplicaSetStatus | How many pods there are.
  replicas | Pods that exist.
  fullyLabeledReplicas | Pods that have all labels of the template.
  readyReplicas | Pods that are ready.
  availableReplicas | Pods that have been ready for minReadySeconds.
  terminatingReplicas | Pods that are ending.
RollingUpdateDaemonSet | Settings of a step by step replacement.
  maxUnavailable | How many nodes may be without the pod: a number, or a share; 1 by default.
  maxSurge | How many nodes may have both the old and the new pod; 0 by default.
RollingUpdateDeployment | Settings of a step by step replacement.
  maxUnavailable | How many pods may be missing: a number, or a share (rounded down); 25% by default.
  maxSurge | How many pods may be too many: a number, or a share (rounded up); 25% by default.
RollingUpdateStatefulSetStrategy | Settings of a step by step replacement.
  partition | Only pods with this ordinal or a higher one are replaced; 0 by default.
  maxUnavailable | How many pods may be missing: a number, or a share; 1 by default.
StatefulSet | Runs pods that keep their name and their volumes.
StatefulSetOrdinals | How the pods are numbered.
  start | Number of the first pod; 0 by default.
StatefulSetPersistentVolumeClaimRetentionPolicy | When claims of the pods are deleted.
  whenDeleted | With the StatefulSet: Retain (default) or Delete.
  whenScaled | With fewer replicas: Retain (default) or Delete.
StatefulSetSpec | The pods of a StatefulSet.
  replicas | How many pods are wanted; 1 by default.
  selector | Labels of the pods; must match the template's; it cannot be changed.
  template | The pods that are created; each is named after the StatefulSet and a number.
  volumeClaimTemplates | Claims that each pod gets and keeps.
  serviceName | Headless Service under which the pods have DNS names.
  podManagementPolicy | OrderedReady (default): one after another; Parallel: all at once.
  updateStrategy | How pods are replaced when the template changes.
  revisionHistoryLimit | How many former states are kept; 10 by default.
  persistentVolumeClaimRetentionPolicy | When claims of the pods are deleted; never by default.
  ordinals | How the pods are numbered; from 0 by default.
StatefulSetStatus | How far a StatefulSet has come.
  replicas | Pods that exist.
  readyReplicas | Pods that are ready.
  currentReplicas | Pods of the current revision.
  updatedReplicas | Pods of the newest revision.
  currentRevision | Revision that is being replaced.
  updateRevision | Newest revision.
  collisionCount | Counts clashes of names of former states.
  availableReplicas | Pods that have been ready for minReadySeconds.
StatefulSetUpdateStrategy | How pods are replaced.
  type | RollingUpdate (default), or OnDelete: only when they are deleted.
  rollingUpdate | Settings for RollingUpdate.
`

export const batch = (): string => `
CronJob | Creates Jobs at set times.
CronJobSpec | When Jobs are created, and which.
  schedule | Times as in cron: minute, hour, day of month, month, day of week.
  timeZone | Time zone of the schedule, for example Europe/Berlin; the controller's own by default.
  startingDeadlineSeconds | How many seconds late a Job may still be started.
  concurrencyPolicy | If one still runs: Allow (default) a second, Forbid it, or Replace the first.
  suspend | Whether no further Jobs are started; false by default.
  jobTemplate | The Job that is created.
  successfulJobsHistoryLimit | How many Jobs that succeeded are kept; 3 by default.
  failedJobsHistoryLimit | How many Jobs that failed are kept; 1 by default.
CronJobStatus | What a CronJob has done.
  active | Jobs that are running.
  lastScheduleTime | When a Job was created last.
  lastSuccessfulTime | When a Job succeeded last.
Job | Runs pods until enough of them have succeeded.
JobCondition | A fact about a Job.
  type | Suspended, SuccessCriteriaMet, FailureTarget, Complete or Failed.
  lastProbeTime | When it was looked at last.
JobSpec | The pods of a Job, and when it is done.
  parallelism | How many pods run at the same time; 1 by default.
  completions | How many pods have to succeed; unset means that one success is enough.
  activeDeadlineSeconds | Seconds after which the Job is failed.
  podFailurePolicy | What follows which failure of a pod; needs restartPolicy Never.
  successPolicy | When the Job has succeeded before all indexes have.
  backoffLimit | How many failures are retried; 6 by default.
  backoffLimitPerIndex | How many failures of each index are retried.
  maxFailedIndexes | How many indexes may fail before the Job does.
  selector | Labels of the pods; chosen by the server unless manualSelector is set.
  manualSelector | Whether the selector is the user's own affair.
  template | The pods; their restartPolicy is Never or OnFailure.
  ttlSecondsAfterFinished | Seconds after the end until the Job is deleted; unset means never.
  completionMode | NonIndexed (default), or Indexed: each pod has a number of its own.
  suspend | Whether no pods are run; setting it ends those that do.
  podReplacementPolicy | When a pod is replaced: TerminatingOrFailed, or Failed (gone for good).
  managedBy | Controller that looks after the Job; the built-in one if unset; it cannot be changed.
JobStatus | How far a Job has come.
  startTime | When the Job was started.
  completionTime | When the Job succeeded.
  active | Pods that are not ending.
  succeeded | Pods that succeeded.
  failed | Pods that failed.
  terminating | Pods that are ending.
  completedIndexes | Numbers that succeeded, for example 1,3-5,7.
  failedIndexes | Numbers that failed, for example 1,3-5,7.
  uncountedTerminatedPods | Pods that have ended and are not counted yet.
  ready | Active pods that are ready.
JobTemplateSpec | The Jobs that a CronJob creates.
  metadata | Labels and annotations of the Jobs.
  spec | What the Jobs are.
PodFailurePolicy | What follows which failure of a pod.
  rules | The rules, at most 20; the first that matches counts.
PodFailurePolicyOnExitCodesRequirement | Failures by exit code.
  containerName | Container that is meant; unset means all.
  operator | In or NotIn.
  values | The exit codes, in order, without repetition.
PodFailurePolicyOnPodConditionsPattern | Failures by a condition of the pod.
  type | Type of the condition.
  status | Status of the condition; True by default.
PodFailurePolicyRule | A rule about failures.
  action | FailJob, FailIndex, Ignore or Count.
  onExitCodes | Exit codes to which it applies.
  onPodConditions | Conditions to which it applies.
SuccessPolicy | When a Job has succeeded early.
  rules | The rules, of which one has to be met.
SuccessPolicyRule | A rule about success.
  succeededIndexes | Numbers that count, for example 1,3-5,7; unset means all.
  succeededCount | How many of them have to succeed; unset means all.
UncountedTerminatedPods | Pods that have ended and are not counted yet.
  succeeded | Unique IDs of pods that succeeded.
  failed | Unique IDs of pods that failed.
`

export const autoscaling = (): string => `
CrossVersionObjectReference | An object that can be scaled.
  kind | Kind of the object.
  apiVersion | Group and version of the object.
HorizontalPodAutoscaler | Changes the number of replicas with the load.
HorizontalPodAutoscalerSpec | What is scaled, between which limits, by which metrics.
  scaleTargetRef | The object that is scaled.
  minReplicas | The fewest replicas; 1 by default.
  maxReplicas | The most replicas.
  targetCPUUtilizationPercentage | CPU use to aim at, in percent of the requests; 80 by default.
  metrics | Metrics to aim at; the one that asks for the most replicas wins.
  behavior | How fast replicas are added and removed.
HorizontalPodAutoscalerStatus | What an autoscaler sees and does.
  lastScaleTime | When the number was changed last.
  currentReplicas | Replicas that there are.
  desiredReplicas | Replicas that there should be.
  currentCPUUtilizationPercentage | CPU use of the pods in percent of their requests.
  currentMetrics | The metrics, as read last.
Scale | How many replicas an object has.
ScaleSpec | How many replicas are wanted.
ScaleStatus | How many replicas there are.
  replicas | Replicas that exist.
  selector | Labels of the pods, as a text.
ContainerResourceMetricSource | Use of a resource by one container of each pod.
  name | The resource: cpu or memory.
  target | What to aim at.
  container | Name of the container.
  targetAverageUtilization | Use to aim at, in percent of the requests.
  targetAverageValue | Use of each pod to aim at.
ContainerResourceMetricStatus | Use of a resource by one container of each pod, as read last.
  name | The resource.
  current | The use.
  container | Name of the container.
  currentAverageUtilization | Use in percent of the requests.
  currentAverageValue | Use of each pod.
ExternalMetricSource | A metric from outside the cluster.
  metric | The metric.
  target | What to aim at.
  metricName | Name of the metric.
  metricSelector | Labels of the series.
  targetValue | Total to aim at.
  targetAverageValue | Value for each pod to aim at.
ExternalMetricStatus | A metric from outside the cluster, as read last.
  metric | The metric.
  current | Its value.
  metricName | Name of the metric.
  metricSelector | Labels of the series.
  currentValue | Its total.
  currentAverageValue | Its value for each pod.
HPAScalingPolicy | How much may change in how much time.
  type | Pods (a number) or Percent.
  value | How much, above zero.
  periodSeconds | In how many seconds, 1 to 1800.
HPAScalingRules | How fast the number of replicas changes in one direction.
  stabilizationWindowSeconds | Seconds of past wishes to look at: 0 for up, 300 for down by default.
  selectPolicy | Which policy counts: Max (default), Min, or Disabled for no change.
  policies | The policies.
  tolerance | By which share the metric may differ without a change; 0.1 by default.
HorizontalPodAutoscalerBehavior | How fast replicas are added and removed.
  scaleUp | How replicas are added.
  scaleDown | How replicas are removed.
MetricIdentifier | A metric.
  name | Name of the metric.
  selector | Labels of the series; unset means none are asked for.
MetricSpec | A metric to aim at: one of these.
  type | Object, Pods, Resource, ContainerResource or External.
  object | A metric about one object.
  pods | A metric about each pod, averaged.
  resource | Use of CPU or memory by each pod.
  containerResource | Use of CPU or memory by one container of each pod.
  external | A metric from outside the cluster.
MetricStatus < MetricSpec | A metric, as read last.
MetricTarget | What to aim at.
  type | Utilization, Value or AverageValue.
  value | Total.
  averageValue | Value for each pod.
  averageUtilization | Percent of the requests, averaged over the pods.
MetricValueStatus < MetricTarget | The value of a metric.
ObjectMetricSource | A metric about one object.
  describedObject | The object.
  target | What to aim at; in old versions the object.
  metric | The metric.
  metricName | Name of the metric.
  targetValue | Value to aim at.
  selector | Labels of the series.
  averageValue | Value for each pod to aim at.
ObjectMetricStatus < ObjectMetricSource | A metric about one object, as read last.
  current | Its value.
  currentValue | Its value.
PodsMetricSource | A metric about each pod, averaged.
  metric | The metric.
  target | What to aim at.
  metricName | Name of the metric.
  targetAverageValue | Value for each pod to aim at.
  selector | Labels of the series.
PodsMetricStatus < PodsMetricSource | A metric about each pod, as read last.
  current | Its value.
  currentAverageValue | Its value for each pod.
ResourceMetricSource < ContainerResourceMetricSource | Use of CPU or memory by each pod.
ResourceMetricStatus < ContainerResourceMetricStatus | Use of CPU or memory by each pod, as read last.
`

export const policy = (): string => `
Eviction | Asks for the end of a pod; refused while a disruption budget forbids it.
  deleteOptions | How the pod is deleted.
PodDisruptionBudget | How many pods of an application may be missing by intent.
PodDisruptionBudgetSpec | The budget.
  minAvailable | How many pods have to stay: a number, or a share; excludes maxUnavailable.
  selector | Labels of the pods; empty means all of the namespace (in v1beta1 none).
  maxUnavailable | How many pods may be missing: a number, or a share; excludes minAvailable.
  unhealthyPodEvictionPolicy | Whether pods that are not ready can always go: IfHealthyBudget or AlwaysAllow.
PodDisruptionBudgetStatus | What is left of the budget.
  disruptedPods | Pods that were evicted and are not gone yet, with the time.
  disruptionsAllowed | How many pods may go now.
  currentHealthy | Pods that are ready.
  desiredHealthy | Pods that have to be ready.
  expectedPods | Pods that the budget is about.
`

export const scheduling = (): string => `
PriorityClass | A priority by its name.
  value | The priority; higher goes first.
  globalDefault | Whether pods without a class have this one.
  description | When to use the class.
  preemptionPolicy | PreemptLowerPriority (default) or Never.
BasicSchedulingPolicy | Pods are placed one by one.
GangSchedulingPolicy | Pods are placed together or not at all.
  minCount | How many pods must find a place at the same time.
PodGroup | Pods that are placed as a group.
PodGroupResourceClaim | A claim of devices that the pods of a group share.
  name | Name by which pods refer to it.
  resourceClaimName | An existing claim.
  resourceClaimTemplateName | Template from which a claim is made for the group.
PodGroupResourceClaimStatus | The claim that was made for a group.
  name | Name of the entry in spec.resourceClaims.
  resourceClaimName | Name of the claim.
PodGroupSchedulingConstraints | Where a group can be placed.
  topology | Demands on the place.
PodGroupSchedulingPolicy | How a group is placed: one of these.
  basic | One by one.
  gang | Together or not at all.
PodGroupSpec | How a group is placed.
  podGroupTemplateRef | Template from which the group was made.
  schedulingPolicy | One by one, or together.
  schedulingConstraints | Where the group can be placed.
  resourceClaims | Claims that the pods share.
  disruptionMode | Whether pods are preempted singly or as a group: Pod or PodGroup.
  priorityClassName | PriorityClass of the group.
  priority | The priority that follows from the class.
PodGroupStatus | How a group is.
  resourceClaimStatuses | Claims that were made for the group.
PodGroupTemplate < PodGroupSpec | The groups that are made for a workload.
  name | Name of the template in its workload.
PodGroupTemplateReference | A template of a group.
  workload | A template in a Workload.
TopologyConstraint | A demand on the place of a group.
  key | Node label whose equal values make one place.
TypedLocalObjectReference | An object of the same namespace, with its kind.
  kind | Kind of the object.
Workload | An application, as groups of pods.
WorkloadPodGroupTemplateReference | A template in a Workload.
  workloadName | Name of the Workload.
  podGroupTemplateName | Name of the template.
WorkloadSpec | The groups of a Workload.
  controllerRef | The object that makes the pods.
  podGroupTemplates | Templates of the groups.
`
