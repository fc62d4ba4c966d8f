/** What a checker is: a promise of the cluster, and how to notice that it was broken. */
import type { ApiCall } from '#client/transport.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Change } from '../history.ts'
import type { Laboratory } from '../laboratory.ts'

export interface Checker {
  /** One sentence, as in `no pod is bound twice`. */
  readonly promise: string
  /** After each acknowledged write; gives what is wrong. */
  onChange?(change: Change, lab: Laboratory): readonly string[]
  /**
   * After a component was answered with success. `before`: the object that it deleted or updated, as it was when it
   * asked.
   */
  onAnswer?(user: string, call: ApiCall, before: Stored<KubeObject> | undefined, lab: Laboratory): readonly string[]
  /** When the users and the faults are done: what is not yet as it should be. */
  settled?(lab: Laboratory): readonly string[]
}

export const none: readonly string[] = []

/** How long ago a component may have looked at what it acts on. */
export const staleMs = 180_000
