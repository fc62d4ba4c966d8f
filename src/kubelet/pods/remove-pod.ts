/** Removes what is left of a pod of which nothing runs any more: from the node, and from the API. */
import type { Pod } from '#api/gen/core-v1.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import { podCgroup } from '../containers/resources.ts'
import type { PodObject } from '../types.ts'
import { podUid } from './identity.ts'
import type { PodServices } from './services.ts'

/** `isInApi`: there is an object to delete. Safe to repeat when it has failed halfway. */
export async function removePod(services: PodServices, pod: PodObject, isInApi: boolean): Promise<void> {
  const { runtime, cache, volumes, cgroups, files, paths, references, tokens, prober, sandboxOptions } = services
  const uid = podUid(pod)
  await volumes.unmount(uid)
  await cgroups.remove(podCgroup(sandboxOptions.cgroupRoot, pod))
  if (isInApi) await deleteObject(services, pod)
  for (const sandbox of cache.forPod(uid).sandboxes) await runtime.removeSandbox(sandbox.id)
  await cache.relist()
  const { name, namespace = '' } = pod.metadata
  await files.remove(paths.podLogDirectory(namespace, name, uid))
  references.release(uid)
  tokens.release(uid)
  prober.remove(uid)
}

/** One that has gone, or given its name to another, needs no deletion. */
async function deleteObject({ client }: PodServices, pod: PodObject): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  try {
    await client.resource<Pod>({ group: '', version: 'v1', resource: 'pods' }, namespace)
      .delete(name, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
  }
}
