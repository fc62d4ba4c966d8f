/** THE list of controllers. Their order means nothing: each looks at the state, not at the others. */
import type { Controller } from './driver/define-controller.ts'
import { deploymentController } from './deployment/deployment.ts'
import { replicaSetController } from './replicaset/replicaset.ts'
import { replicationControllerController } from './replicaset/replicationcontroller.ts'

export const controllers: readonly Controller[] = [
  replicationControllerController,
  replicaSetController,
  deploymentController,
]
