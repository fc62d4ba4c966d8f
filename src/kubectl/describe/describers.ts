/** THE list of kinds with a description of their own. */
import { kindWithGroup, type Resource } from '../resources.ts'
import type { Describer } from './common.ts'

const describers: Readonly<Record<string, () => Promise<Describer>>> = {
  pod: async () => (await import('./pod.ts')).describePod,
  node: async () => (await import('./node.ts')).describeNode,
  service: async () => (await import('./service.ts')).describeService,
  namespace: async () => (await import('./configuration.ts')).describeNamespace,
  configmap: async () => (await import('./configuration.ts')).describeConfigMap,
  secret: async () => (await import('./configuration.ts')).describeSecret,
  serviceaccount: async () => (await import('./configuration.ts')).describeServiceAccount,
  resourcequota: async () => (await import('./configuration.ts')).describeQuota,
  'deployment.apps': async () => (await import('./workload.ts')).describeDeployment,
  'replicaset.apps': async () => (await import('./workload.ts')).describeReplicaSet,
  'statefulset.apps': async () => (await import('./workload.ts')).describeStatefulSet,
  'daemonset.apps': async () => (await import('./workload.ts')).describeDaemonSet,
  'job.batch': async () => (await import('./workload.ts')).describeJob,
  'cronjob.batch': async () => (await import('./workload.ts')).describeCronJob,
}

export async function describerOf(resource: Resource): Promise<Describer> {
  const key = kindWithGroup(resource)
  return Object.hasOwn(describers, key) ? await describers[key]!() : (await import('./generic.ts')).describeGeneric
}
