/** A pod is bound once, to a node that exists, and never bound again. */
import type { Pod } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { none, type Checker } from './checker.ts'

export function binding(): Checker {
  return {
    promise: 'a pod is bound once and never re-bound',
    onChange({ resource, name, type, object, previous }, { nodes }) {
      if (resource !== 'pods' || type !== 'updated') return none
      const before = (previous as Stored<Pod> | undefined)?.spec?.nodeName ?? ''
      const after = (object as Stored<Pod>).spec?.nodeName ?? ''
      if (before === after) return none
      if (before !== '') return [`pod ${name} was bound to ${before} and is now bound to ${after || 'nothing'}`]
      return nodes.some((node) => node.name === after)
        ? none
        : [`pod ${name} is bound to ${after}, which does not exist`]
    },
  }
}
