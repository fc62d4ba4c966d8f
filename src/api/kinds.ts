/** THE list of built-in kinds, in the order of discovery: groups by priority, resources by name. */
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { configMap } from './core/configmap/configmap.ts'
import { namespace } from './core/namespace/namespace.ts'
import { node } from './core/node/node.ts'
import { pod } from './core/pod/pod.ts'
import { secret } from './core/secret/secret.ts'
import { service } from './core/service/service.ts'

export const builtInKinds: readonly AnyKind[] = [
  configMap, namespace, node, pod, secret, service,
]
