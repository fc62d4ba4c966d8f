/** Deliberate bugs between real components, so that a test can see whether the checkers notice. */
import type { Transport } from '#client/transport.ts'
import type { Store } from '#storage/store.ts'
import type { ContainerRuntime } from '#world/container-runtime.ts'
import type { SimDisk } from './disk.ts'

export interface Tampering {
  readonly disk?: (disk: SimDisk) => SimDisk
  readonly store?: (store: Store) => Store
  /**
   * `user` as the API server knows it: `system:serviceaccount:kube-system:replicaset-controller`, `system:node:node-1`.
   */
  readonly transport?: (transport: Transport, user: string) => Transport
  readonly runtime?: (runtime: ContainerRuntime) => ContainerRuntime
}
