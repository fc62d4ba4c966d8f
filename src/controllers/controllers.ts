/** THE list of controllers. Their order means nothing: each looks at the state, not at the others. */
import { clusterRoleAggregationController } from './clusterrole-aggregation/clusterrole-aggregation.ts'
import { cronJobController } from './cronjob/cronjob.ts'
import { daemonSetController } from './daemonset/daemonset.ts'
import { deploymentController } from './deployment/deployment.ts'
import { disruptionController } from './disruption/disruption.ts'
import type { Controller } from './driver/define-controller.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring/endpointslice-mirroring.ts'
import { endpointSliceController } from './endpointslice/endpointslice.ts'
import { garbageCollector } from './garbage-collector/garbage-collector.ts'
import { jobController } from './job/job.ts'
import { namespaceController } from './namespace/namespace.ts'
import { nodeLifecycleController, type NodeLifecycleSettings } from './node-lifecycle/node-lifecycle.ts'
import { claimBinder, volumeBinder } from './persistent-volume-binder/persistent-volume-binder.ts'
import { podGarbageCollector } from './pod-garbage-collector/pod-garbage-collector.ts'
import { replicaSetController } from './replicaset/replicaset.ts'
import { replicationControllerController } from './replicaset/replicationcontroller.ts'
import { resourceQuotaController } from './resourcequota/resourcequota.ts'
import { rootCaPublisher } from './root-ca-publisher/root-ca-publisher.ts'
import { serviceAccountController } from './serviceaccount/serviceaccount.ts'
import { statefulSetController } from './statefulset/statefulset.ts'
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from './storage-protection/storage-protection.ts'
import { taintEvictionController } from './taint-eviction/taint-eviction.ts'
import { ttlAfterFinishedController } from './ttl-after-finished/ttl-after-finished.ts'
import { ttlController } from './ttl/ttl.ts'

export interface ControllerSettings {
  /**
   * PEM of the certificate authority that the API server's certificate is checked with; absent: nothing is published.
   */
  readonly rootCa?: string
  readonly nodes?: NodeLifecycleSettings
  /** Finished pods beyond this many are removed, oldest first. Default 12500. */
  readonly finishedPodsMax?: number
}

export function controllers({ rootCa, nodes, finishedPodsMax }: ControllerSettings): readonly Controller[] {
  return [
    namespaceController,
    serviceAccountController,
    ...(rootCa === undefined ? [] : [rootCaPublisher(rootCa)]),
    garbageCollector,
    replicationControllerController,
    replicaSetController,
    deploymentController,
    statefulSetController,
    daemonSetController,
    jobController,
    cronJobController,
    ttlAfterFinishedController,
    endpointsController,
    endpointSliceController,
    endpointSliceMirroringController,
    nodeLifecycleController(nodes),
    taintEvictionController,
    podGarbageCollector(finishedPodsMax),
    clusterRoleAggregationController,
    disruptionController,
    resourceQuotaController,
    claimBinder,
    volumeBinder,
    claimProtectionController,
    volumeProtectionController,
    attributesClassProtectionController,
    ttlController,
  ]
}
