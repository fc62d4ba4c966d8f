/** THE list of controllers. Their order means nothing: each looks at the state, not at the others. */
import { deploymentController } from './deployment/deployment.ts'
import type { Controller } from './driver/define-controller.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { endpointSliceController } from './endpointslice/endpointslice.ts'
import { garbageCollector } from './garbage-collector/garbage-collector.ts'
import { namespaceController } from './namespace/namespace.ts'
import { replicaSetController } from './replicaset/replicaset.ts'
import { replicationControllerController } from './replicaset/replicationcontroller.ts'
import { rootCaPublisher } from './root-ca-publisher/root-ca-publisher.ts'
import { serviceAccountController } from './serviceaccount/serviceaccount.ts'

export interface ControllerSettings {
  /** PEM of the certificate authority that the API server's certificate is checked with; absent: nothing is published. */
  readonly rootCa?: string
}

export function controllers({ rootCa }: ControllerSettings): readonly Controller[] {
  return [
    namespaceController,
    serviceAccountController,
    ...(rootCa === undefined ? [] : [rootCaPublisher(rootCa)]),
    garbageCollector,
    replicationControllerController,
    replicaSetController,
    deploymentController,
    endpointsController,
    endpointSliceController,
  ]
}
