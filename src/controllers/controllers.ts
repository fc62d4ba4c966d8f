/** THE list of controllers. Their order means nothing: each looks at the state, not at the others. */
import type { Cidr } from '#base/ip.ts'
import { bootstrapSigner } from './bootstrap-token/bootstrap-signer.ts'
import { tokenCleaner } from './bootstrap-token/token-cleaner.ts'
import { certificateApprover } from './certificates/approve.ts'
import { certificateCleaner } from './certificates/clean.ts'
import { certificateSigner, type IssueCertificate } from './certificates/sign.ts'
import { clusterIpRepair, ipAddressRepair } from './cluster-ip-repair/cluster-ip-repair.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation/clusterrole-aggregation.ts'
import { cronJobController } from './cronjob/cronjob.ts'
import { daemonSetController } from './daemonset/daemonset.ts'
import { deploymentController } from './deployment/deployment.ts'
import { disruptionController } from './disruption/disruption.ts'
import type { Controller } from './driver/define-controller.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring/endpointslice-mirroring.ts'
import { endpointSliceController } from './endpointslice/endpointslice.ts'
import { ephemeralVolumeController } from './ephemeral-volume/ephemeral-volume.ts'
import { garbageCollector } from './garbage-collector/garbage-collector.ts'
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts'
import { jobController } from './job/job.ts'
import { namespaceController } from './namespace/namespace.ts'
import { nodeIpamController } from './node-ipam/node-ipam.ts'
import { nodeLifecycleController, type NodeLifecycleSettings } from './node-lifecycle/node-lifecycle.ts'
import { claimBinder, volumeBinder } from './persistent-volume-binder/persistent-volume-binder.ts'
import { podGarbageCollector } from './pod-garbage-collector/pod-garbage-collector.ts'
import { replicaSetController } from './replicaset/replicaset.ts'
import { replicationControllerController } from './replicaset/replicationcontroller.ts'
import { resourceQuotaController } from './resourcequota/resourcequota.ts'
import { rootCaPublisher } from './root-ca-publisher/root-ca-publisher.ts'
import {
  serviceAccountTokenController,
  type SecretTokenSettings,
} from './serviceaccount-token/serviceaccount-token.ts'
import { serviceAccountController } from './serviceaccount/serviceaccount.ts'
import { serviceCidrsController } from './service-cidrs/service-cidrs.ts'
import { statefulSetController } from './statefulset/statefulset.ts'
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from './storage-protection/storage-protection.ts'
import { storageVersionMigrationController } from './storage-version-migration/storage-version-migration.ts'
import { taintEvictionController } from './taint-eviction/taint-eviction.ts'
import { ttlAfterFinishedController } from './ttl-after-finished/ttl-after-finished.ts'
import { ttlController } from './ttl/ttl.ts'
import {
  validatingAdmissionPolicyStatusController,
} from './validatingadmissionpolicy-status/validatingadmissionpolicy-status.ts'

export interface ControllerSettings {
  /**
   * PEM of the certificate authority that the API server's certificate is checked with; absent: nothing is published.
   */
  readonly rootCa?: string
  /** Absent: Secrets get no tokens. */
  readonly issueSecretToken?: SecretTokenSettings['issue']
  /** Signs approved certificate requests; absent: nobody does. */
  readonly issueCertificate?: IssueCertificate
  readonly nodes?: NodeLifecycleSettings
  /** What nodes get their parts of for their pods; absent: they get none. */
  readonly clusterCidr?: Cidr
  /** The opt-in kind storagemigration.k8s.io/StorageVersionMigration is served. */
  readonly migratesStorage?: boolean
  /** Finished pods beyond this many are removed, oldest first. Default 12500. */
  readonly finishedPodsMax?: number
}

export function controllers(settings: ControllerSettings): readonly Controller[] {
  const { rootCa, issueSecretToken, issueCertificate, nodes, clusterCidr, finishedPodsMax } = settings
  return [
    namespaceController,
    serviceAccountController,
    ...(rootCa === undefined ? [] : [rootCaPublisher(rootCa)]),
    ...(rootCa === undefined || !issueSecretToken
      ? []
      : [serviceAccountTokenController({ rootCa, issue: issueSecretToken })]),
    certificateApprover,
    ...(issueCertificate ? [certificateSigner(issueCertificate)] : []),
    certificateCleaner,
    bootstrapSigner,
    tokenCleaner,
    garbageCollector,
    replicationControllerController,
    replicaSetController,
    deploymentController,
    statefulSetController,
    daemonSetController,
    jobController,
    cronJobController,
    ttlAfterFinishedController,
    horizontalPodAutoscalerController(),
    endpointsController,
    endpointSliceController,
    endpointSliceMirroringController,
    nodeLifecycleController(nodes),
    ...(clusterCidr ? [nodeIpamController(clusterCidr)] : []),
    taintEvictionController,
    podGarbageCollector(finishedPodsMax),
    clusterRoleAggregationController,
    disruptionController,
    resourceQuotaController,
    ephemeralVolumeController,
    serviceCidrsController,
    clusterIpRepair,
    ipAddressRepair,
    claimBinder,
    volumeBinder,
    claimProtectionController,
    volumeProtectionController,
    attributesClassProtectionController,
    ttlController,
    validatingAdmissionPolicyStatusController,
    ...(settings.migratesStorage ? [storageVersionMigrationController] : []),
  ]
}
