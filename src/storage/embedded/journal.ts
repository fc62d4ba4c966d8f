/** What the store needs of a disk. `segment-log.ts` and `embedded-store.ts` make one of files. */
import type { ControlState, Group } from './control.ts'
import type { Versions } from './versions.ts'

/** Where changes become durable. Absent in a volatile store. */
export interface Journal {
  /** How many of these groups fit into one append, at least one. */
  fitting(groups: readonly Group[]): number
  /**
   * Resolves once the group is durable. Rejects with StoreFull when there was no room for it and nothing was
   * written. After it has rejected with anything else, it is never called again.
   */
  append(group: Group): Promise<void>
  /** Called after each commit, with what readers now see. Must not throw. */
  committed(versions: Versions, state: () => ControlState): void
  /** True while there is no room on the disk for more than deletions. */
  readonly isFull: boolean
  /** Bytes of all files. */
  readonly fileBytes: number
  close(): Promise<void>
}
