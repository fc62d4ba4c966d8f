/** Every built-in kind by its name, typed: what `cluster.client.of(kinds.deployment, 'default')` takes. */
import { mutatingAdmissionPolicy } from '#api/admissionregistration/mutatingadmissionpolicy/mutatingadmissionpolicy.ts'
import {
  mutatingAdmissionPolicyBinding,
} from '#api/admissionregistration/mutatingadmissionpolicybinding/mutatingadmissionpolicybinding.ts'
import {
  mutatingWebhookConfiguration,
} from '#api/admissionregistration/mutatingwebhookconfiguration/mutatingwebhookconfiguration.ts'
import {
  validatingAdmissionPolicy,
} from '#api/admissionregistration/validatingadmissionpolicy/validatingadmissionpolicy.ts'
import {
  validatingAdmissionPolicyBinding,
} from '#api/admissionregistration/validatingadmissionpolicybinding/validatingadmissionpolicybinding.ts'
import {
  validatingWebhookConfiguration,
} from '#api/admissionregistration/validatingwebhookconfiguration/validatingwebhookconfiguration.ts'
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import { apiService } from '#api/apiregistration/apiservice/apiservice.ts'
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import { daemonSet } from '#api/apps/daemonset/daemonset.ts'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { selfSubjectReview } from '#api/authentication/selfsubjectreview/selfsubjectreview.ts'
import { tokenReview } from '#api/authentication/tokenreview/tokenreview.ts'
import { localSubjectAccessReview } from '#api/authorization/localsubjectaccessreview/localsubjectaccessreview.ts'
import { selfSubjectAccessReview } from '#api/authorization/selfsubjectaccessreview/selfsubjectaccessreview.ts'
import { selfSubjectRulesReview } from '#api/authorization/selfsubjectrulesreview/selfsubjectrulesreview.ts'
import { subjectAccessReview } from '#api/authorization/subjectaccessreview/subjectaccessreview.ts'
import { horizontalPodAutoscaler } from '#api/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts'
import { cronJob } from '#api/batch/cronjob/cronjob.ts'
import { job } from '#api/batch/job/job.ts'
import { certificateSigningRequest } from '#api/certificates/certificatesigningrequest/certificatesigningrequest.ts'
import { lease } from '#api/coordination/lease/lease.ts'
import { binding } from '#api/core/binding/binding.ts'
import { componentStatus } from '#api/core/componentstatus/componentstatus.ts'
import { configMap } from '#api/core/configmap/configmap.ts'
import { endpoints } from '#api/core/endpoints/endpoints.ts'
import { event } from '#api/core/event/event.ts'
import { limitRange } from '#api/core/limitrange/limitrange.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { node } from '#api/core/node/node.ts'
import { persistentVolume } from '#api/core/persistentvolume/persistentvolume.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod } from '#api/core/pod/pod.ts'
import { podTemplate } from '#api/core/podtemplate/podtemplate.ts'
import { replicationController } from '#api/core/replicationcontroller/replicationcontroller.ts'
import { resourceQuota } from '#api/core/resourcequota/resourcequota.ts'
import { secret } from '#api/core/secret/secret.ts'
import { service } from '#api/core/service/service.ts'
import { serviceAccount } from '#api/core/serviceaccount/serviceaccount.ts'
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import { eventsEvent } from '#api/events/event/event.ts'
import { flowSchema } from '#api/flowcontrol/flowschema/flowschema.ts'
import { priorityLevelConfiguration } from '#api/flowcontrol/prioritylevelconfiguration/prioritylevelconfiguration.ts'
import { ingress } from '#api/networking/ingress/ingress.ts'
import { ingressClass } from '#api/networking/ingressclass/ingressclass.ts'
import { ipAddress } from '#api/networking/ipaddress/ipaddress.ts'
import { networkPolicy } from '#api/networking/networkpolicy/networkpolicy.ts'
import { serviceCidr } from '#api/networking/servicecidr/servicecidr.ts'
import { runtimeClass } from '#api/node/runtimeclass/runtimeclass.ts'
import { podDisruptionBudget } from '#api/policy/poddisruptionbudget/poddisruptionbudget.ts'
import { clusterRole } from '#api/rbac/clusterrole/clusterrole.ts'
import { clusterRoleBinding } from '#api/rbac/clusterrolebinding/clusterrolebinding.ts'
import { role } from '#api/rbac/role/role.ts'
import { roleBinding } from '#api/rbac/rolebinding/rolebinding.ts'
import { deviceClass } from '#api/resource/deviceclass/deviceclass.ts'
import { resourceClaim } from '#api/resource/resourceclaim/resourceclaim.ts'
import { resourceClaimTemplate } from '#api/resource/resourceclaimtemplate/resourceclaimtemplate.ts'
import { resourceSlice } from '#api/resource/resourceslice/resourceslice.ts'
import { priorityClass } from '#api/scheduling/priorityclass/priorityclass.ts'
import { csiDriver } from '#api/storage/csidriver/csidriver.ts'
import { csiNode } from '#api/storage/csinode/csinode.ts'
import { csiStorageCapacity } from '#api/storage/csistoragecapacity/csistoragecapacity.ts'
import { storageClass } from '#api/storage/storageclass/storageclass.ts'
import { volumeAttachment } from '#api/storage/volumeattachment/volumeattachment.ts'
import { volumeAttributesClass } from '#api/storage/volumeattributesclass/volumeattributesclass.ts'

export const kinds = {
  apiService, binding, certificateSigningRequest, clusterRole, clusterRoleBinding, componentStatus, configMap,
  controllerRevision, cronJob, csiDriver, csiNode, csiStorageCapacity, customResourceDefinition, daemonSet,
  deployment, deviceClass, endpointSlice, endpoints, event, eventsEvent, flowSchema, horizontalPodAutoscaler,
  ingress, ingressClass, ipAddress, job, lease, limitRange, localSubjectAccessReview, mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding, mutatingWebhookConfiguration, namespace, networkPolicy, node, persistentVolume,
  persistentVolumeClaim, pod, podDisruptionBudget, podTemplate, priorityClass, priorityLevelConfiguration,
  replicaSet, replicationController, resourceClaim, resourceClaimTemplate, resourceQuota, resourceSlice, role,
  roleBinding, runtimeClass, secret, selfSubjectAccessReview, selfSubjectReview, selfSubjectRulesReview, service,
  serviceAccount, serviceCidr, statefulSet, storageClass, subjectAccessReview, tokenReview,
  validatingAdmissionPolicy, validatingAdmissionPolicyBinding, validatingWebhookConfiguration, volumeAttachment,
  volumeAttributesClass,
} as const
