/** The garbage collector collects nothing that has a live owner, and everything that has none. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { History } from '../history.ts'
import { none, type Checker } from './checker.ts'

const actor = 'system:serviceaccount:kube-system:generic-garbage-collector'

function byUid(history: History): ReadonlyMap<string, Stored<KubeObject>> {
  const objects = new Map<string, Stored<KubeObject>>()
  for (const object of history.all()) if (object.metadata?.uid) objects.set(object.metadata.uid, object)
  return objects
}

export function garbage(): Checker {
  return {
    promise: 'no orphan is left and nothing with a live owner is collected',
    onAnswer(user, call, before, { history }) {
      if (user !== actor || call.verb !== 'delete' || !before || before.metadata.deletionTimestamp) return none
      const objects = byUid(history)
      const owners = (before.metadata.ownerReferences ?? [])
        .map(({ uid }) => objects.get(uid))
        .filter((owner) => owner !== undefined)
      const alive = owners.find(({ metadata }) => !metadata.deletionTimestamp)
      return alive
        ? [`${before.kind} ${before.metadata.name} was collected, its owner ${alive.kind} ${alive.metadata.name} lives`]
        : none
    },
    settled({ history }) {
      const objects = byUid(history)
      return [...history.all()].filter(({ kind, metadata }) => {
        const owners = kind === 'Event' ? [] : metadata?.ownerReferences ?? []
        return owners.length > 0 && !owners.some(({ uid }) => objects.has(uid))
      }).map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name} is an orphan`)
    },
  }
}
