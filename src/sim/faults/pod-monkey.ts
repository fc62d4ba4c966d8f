/** Somebody who changes and deletes what others own: labels, pods and replica sets, in every way of deleting. */
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { ReplicaSet } from '#api/gen/apps-v1.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import type { Client } from '#client/client.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Laboratory } from '../laboratory.ts'
import { ConnectionLost } from '../process.ts'
import type { SeededRandom } from '../random.ts'
import { pause, type Fault } from './fault.ts'

const policies = ['Orphan', 'Background', 'Foreground', undefined] as const

export const podMonkey: Fault = {
  name: 'pod monkey',
  async run(lab, random, signal) {
    const client = lab.client({ name: 'monkey', groups: ['system:masters'] }, random.fork('network'))
    while (await pause(lab, random, 15_000, signal)) {
      try {
        await act(lab, client, random)
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof ConnectionLost)) throw error
        lab.note(`the monkey failed: ${error.message}`)
      }
    }
  },
}

async function act(lab: Laboratory, client: Client, random: SeededRandom): Promise<void> {
  const pods = [...lab.history.of<Pod>('pods').values()].filter(({ metadata }) => metadata.namespace !== 'kube-system')
  const sets = [...lab.history.of<ReplicaSet>('replicasets.apps').values()]
  if (pods.length === 0) return
  const victim = random.pick(pods)
  const own = client.of(pod, victim.metadata.namespace)
  const { name } = victim.metadata
  switch (random.below(6)) {
    case 0: return await relabel(lab, client, random, victim)
    case 1: {
      const gracePeriodSeconds = random.pick([undefined, 0, 1])
      lab.note(`the monkey deletes pod ${name}`)
      await own.delete(name, { propagationPolicy: random.pick(policies), gracePeriodSeconds })
      return
    }
    case 2:
      lab.note(`the monkey evicts pod ${name}`)
      await own.subresource(name, 'eviction').create({
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace: victim.metadata.namespace! },
      })
      return
    case 3:
      lab.note(`the monkey changes the image of pod ${name}`)
      await own.patch(name, 'strategic', {
        spec: { containers: [{ name: victim.spec!.containers[0]!.name, image: `changed:${random.below(5)}` }] },
      })
      return
    case 4:
      if (sets.length === 0) return
      return await deleteSet(lab, client, random, random.pick(sets))
    default:
      lab.note(`the monkey annotates pod ${name}`)
      await own.patch(name, 'merge', { metadata: { annotations: { monkey: String(random.below(1000)) } } })
  }
}

/** Takes a pod out of its set, or puts it (or another) in. */
async function relabel(lab: Laboratory, client: Client, random: SeededRandom, victim: Stored<Pod>): Promise<void> {
  const app = random.pick(['taken', 'web', 'api', 'shop', null])
  lab.note(`the monkey labels pod ${victim.metadata.name} app=${app}`)
  await client
    .of(pod, victim.metadata.namespace)
    .patch(victim.metadata.name, 'merge', { metadata: { labels: { app } } })
}

async function deleteSet(
  lab: Laboratory,
  client: Client,
  random: SeededRandom,
  set: Stored<ReplicaSet>,
): Promise<void> {
  const propagationPolicy = random.pick(policies)
  lab.note(`the monkey deletes replica set ${set.metadata.name} ${propagationPolicy}`)
  await client.of(replicaSet, set.metadata.namespace).delete(set.metadata.name, { propagationPolicy })
}
