/** The restart count of a container tells how often it was started again, and never falls. */
import type { Pod } from '#api/gen/core-v1.ts'
import { containerNameOf, restartCountOf, uidOf } from '#kubelet/pods/identity.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { none, type Checker } from './checker.ts'

function counts(pod: Stored<Pod> | undefined): ReadonlyMap<string, number> {
  return new Map((pod?.status?.containerStatuses ?? []).map(({ name, restartCount }) => [name, restartCount]))
}

export function restarts(): Checker {
  return {
    promise: 'restart counts count restarts',
    onChange({ resource, name, type, object, previous }) {
      if (resource !== 'pods' || type !== 'updated') return none
      const after = counts(object as Stored<Pod>)
      return [...counts(previous as Stored<Pod>)]
        .filter(([container, count]) => (after.get(container) ?? 0) < count)
        .map(
          ([container, count]) =>
            `container ${container} of ${name} had been restarted ${count} times, now ${after.get(container) ?? 'it has no count'}`,
        )
    },
    settled({ history, nodes }) {
      const written = new Map([...history.of<Pod>('pods').values()].map((pod) => [pod.metadata.uid, counts(pod)]))
      return nodes.flatMap(({ name, containers }) =>
        containers()
          .filter(({ state }) => state === 'running')
          .flatMap((container) => {
            const count = written.get(uidOf(container))?.get(containerNameOf(container))
            const isRight = count === undefined || count === restartCountOf(container)
            return isRight
              ? []
              : [
                  `${containerNameOf(container)} on ${name} is at attempt ${restartCountOf(container)}, its pod says ${count}`,
                ]
          }),
      )
    },
  }
}
