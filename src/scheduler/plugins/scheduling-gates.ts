/** Holds pods back while somebody has a gate on them. They never reach the queue of pods to be scheduled. */
import type { Pod } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'

/** The names of the gates that hold the pod; empty: it may go. */
export function schedulingGatesOf(pod: Stored<Pod>): readonly string[] {
  return pod.spec?.schedulingGates?.map(({ name }) => name) ?? []
}
