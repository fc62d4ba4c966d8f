/** What a pod's status says while it has no node. */
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import type { Client } from '#client/client.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'

export interface Unschedulable {
  readonly reason: string
  readonly message: string
  /** The node that was promised, empty to take a promise back, undefined to leave it. */
  readonly nominated: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Writes the PodScheduled condition, and what changed of the promise; nothing if the pod says so already. */
export async function reportUnschedulable(
  client: Client, pod: Stored<Pod>, what: Unschedulable, signal: AbortSignal,
): Promise<void> {
  const patch = planStatusPatch(pod, what)
  if (patch === undefined) return
  const { name, namespace } = pod.metadata
  await client.of(podKind, namespace).patch(name, 'strategic', patch, { subresource: 'status', signal })
}

function planStatusPatch(
  pod: Stored<Pod>, { reason, message, nominated, now }: Unschedulable,
): object | undefined {
  const old = findCondition(pod.status?.conditions, 'PodScheduled')
  const isSame = old?.status === 'False' && old.reason === reason && old.message === message
  const isPromised = nominated !== undefined && nominated !== (pod.status?.nominatedNodeName ?? '')
  if (isSame && !isPromised) return undefined
  const { uid, generation } = pod.metadata
  const lastTransitionTime =
    old?.status === 'False' && old.lastTransitionTime !== undefined ? old.lastTransitionTime : formatTime(now)
  return {
    metadata: { uid },
    status: {
      ...(isPromised && { nominatedNodeName: nominated === '' ? null : nominated }),
      conditions: [{
        type: 'PodScheduled', status: 'False', reason, message, lastProbeTime: null, lastTransitionTime,
        ...(generation !== undefined && { observedGeneration: generation }),
      }],
    },
  }
}
