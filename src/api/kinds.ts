/** THE list of built-in kinds, in the order of discovery: groups by priority, resources by name. */
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { mutatingAdmissionPolicy } from './admissionregistration/mutatingadmissionpolicy/mutatingadmissionpolicy.ts'
import {
  mutatingAdmissionPolicyBinding,
} from './admissionregistration/mutatingadmissionpolicybinding/mutatingadmissionpolicybinding.ts'
import {
  mutatingWebhookConfiguration,
} from './admissionregistration/mutatingwebhookconfiguration/mutatingwebhookconfiguration.ts'
import {
  validatingAdmissionPolicy,
} from './admissionregistration/validatingadmissionpolicy/validatingadmissionpolicy.ts'
import {
  validatingAdmissionPolicyBinding,
} from './admissionregistration/validatingadmissionpolicybinding/validatingadmissionpolicybinding.ts'
import {
  validatingWebhookConfiguration,
} from './admissionregistration/validatingwebhookconfiguration/validatingwebhookconfiguration.ts'
import { customResourceDefinition } from './apiextensions/customresourcedefinition/customresourcedefinition.ts'
import { apiService } from './apiregistration/apiservice/apiservice.ts'
import { controllerRevision } from './apps/controllerrevision/controllerrevision.ts'
import { daemonSet } from './apps/daemonset/daemonset.ts'
import { deployment } from './apps/deployment/deployment.ts'
import { replicaSet } from './apps/replicaset/replicaset.ts'
import { statefulSet } from './apps/statefulset/statefulset.ts'
import { selfSubjectReview } from './authentication/selfsubjectreview/selfsubjectreview.ts'
import { tokenReview } from './authentication/tokenreview/tokenreview.ts'
import { localSubjectAccessReview } from './authorization/localsubjectaccessreview/localsubjectaccessreview.ts'
import { selfSubjectAccessReview } from './authorization/selfsubjectaccessreview/selfsubjectaccessreview.ts'
import { selfSubjectRulesReview } from './authorization/selfsubjectrulesreview/selfsubjectrulesreview.ts'
import { subjectAccessReview } from './authorization/subjectaccessreview/subjectaccessreview.ts'
import { horizontalPodAutoscaler } from './autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts'
import { cronJob } from './batch/cronjob/cronjob.ts'
import { job } from './batch/job/job.ts'
import { certificateSigningRequest } from './certificates/certificatesigningrequest/certificatesigningrequest.ts'
import { lease } from './coordination/lease/lease.ts'
import { binding } from './core/binding/binding.ts'
import { componentStatus } from './core/componentstatus/componentstatus.ts'
import { configMap } from './core/configmap/configmap.ts'
import { endpoints } from './core/endpoints/endpoints.ts'
import { event } from './core/event/event.ts'
import { limitRange } from './core/limitrange/limitrange.ts'
import { namespace } from './core/namespace/namespace.ts'
import { node } from './core/node/node.ts'
import { persistentVolume } from './core/persistentvolume/persistentvolume.ts'
import { persistentVolumeClaim } from './core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod } from './core/pod/pod.ts'
import { podTemplate } from './core/podtemplate/podtemplate.ts'
import { replicationController } from './core/replicationcontroller/replicationcontroller.ts'
import { resourceQuota } from './core/resourcequota/resourcequota.ts'
import { secret } from './core/secret/secret.ts'
import { service } from './core/service/service.ts'
import { serviceAccount } from './core/serviceaccount/serviceaccount.ts'
import { endpointSlice } from './discovery/endpointslice/endpointslice.ts'
import { eventsEvent } from './events/event/event.ts'
import { flowSchema } from './flowcontrol/flowschema/flowschema.ts'
import { priorityLevelConfiguration } from './flowcontrol/prioritylevelconfiguration/prioritylevelconfiguration.ts'
import { ingress } from './networking/ingress/ingress.ts'
import { ingressClass } from './networking/ingressclass/ingressclass.ts'
import { ipAddress } from './networking/ipaddress/ipaddress.ts'
import { networkPolicy } from './networking/networkpolicy/networkpolicy.ts'
import { serviceCidr } from './networking/servicecidr/servicecidr.ts'
import { runtimeClass } from './node/runtimeclass/runtimeclass.ts'
import { podDisruptionBudget } from './policy/poddisruptionbudget/poddisruptionbudget.ts'
import { clusterRole } from './rbac/clusterrole/clusterrole.ts'
import { clusterRoleBinding } from './rbac/clusterrolebinding/clusterrolebinding.ts'
import { role } from './rbac/role/role.ts'
import { roleBinding } from './rbac/rolebinding/rolebinding.ts'
import { deviceClass } from './resource/deviceclass/deviceclass.ts'
import { resourceClaim } from './resource/resourceclaim/resourceclaim.ts'
import { resourceClaimTemplate } from './resource/resourceclaimtemplate/resourceclaimtemplate.ts'
import { resourceSlice } from './resource/resourceslice/resourceslice.ts'
import { priorityClass } from './scheduling/priorityclass/priorityclass.ts'
import { csiDriver } from './storage/csidriver/csidriver.ts'
import { csiNode } from './storage/csinode/csinode.ts'
import { csiStorageCapacity } from './storage/csistoragecapacity/csistoragecapacity.ts'
import { storageClass } from './storage/storageclass/storageclass.ts'
import { volumeAttachment } from './storage/volumeattachment/volumeattachment.ts'
import { volumeAttributesClass } from './storage/volumeattributesclass/volumeattributesclass.ts'

export const kinds: readonly AnyKind[] = [
  binding, componentStatus, configMap, endpoints, event, limitRange, namespace, node, persistentVolumeClaim,
  persistentVolume, pod, podTemplate, replicationController, resourceQuota, secret, serviceAccount, service,
  apiService,
  controllerRevision, daemonSet, deployment, replicaSet, statefulSet,
  eventsEvent,
  selfSubjectReview, tokenReview,
  localSubjectAccessReview, selfSubjectAccessReview, selfSubjectRulesReview, subjectAccessReview,
  horizontalPodAutoscaler,
  cronJob, job,
  certificateSigningRequest,
  ingressClass, ingress, ipAddress, networkPolicy, serviceCidr,
  podDisruptionBudget,
  clusterRoleBinding, clusterRole, roleBinding, role,
  csiDriver, csiNode, csiStorageCapacity, storageClass, volumeAttachment, volumeAttributesClass,
  mutatingAdmissionPolicy, mutatingAdmissionPolicyBinding, mutatingWebhookConfiguration, validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding, validatingWebhookConfiguration,
  customResourceDefinition,
  priorityClass,
  lease,
  runtimeClass,
  endpointSlice,
  deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice,
  flowSchema, priorityLevelConfiguration,
]
