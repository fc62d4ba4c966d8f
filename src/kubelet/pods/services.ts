/** Everything that a pod's worker uses, made once per kubelet. */
import type { Client } from '#client/client.ts'
import type { Cgroups } from '#world/cgroups.ts'
import type { Clock } from '#world/clock.ts'
import type { ContainerRuntime } from '#world/container-runtime.ts'
import type { Files } from '#world/files.ts'
import type { Log } from '#world/log.ts'
import type { Mounts } from '#world/mounts.ts'
import type { HandlerContext } from '../containers/handlers.ts'
import type { SandboxOptions } from '../containers/sandbox-config.ts'
import type { PodEvents } from '../events.ts'
import type { ImagePuller } from '../images/puller.ts'
import type { Prober } from '../probes/prober.ts'
import type { References } from '../references.ts'
import type { ServiceObject } from '../types.ts'
import type { ServiceAccountTokens } from '../volumes/tokens.ts'
import type { PodVolumes } from '../volumes/volumes.ts'
import type { KubeletPaths } from './identity.ts'
import type { RuntimeCache } from './runtime-cache.ts'

export interface PodServices {
  readonly client: Client
  readonly runtime: ContainerRuntime
  readonly cache: RuntimeCache
  readonly files: Files
  readonly mounts: Mounts
  readonly cgroups: Cgroups
  readonly clock: Clock
  readonly log: Log
  readonly events: PodEvents
  readonly images: ImagePuller
  readonly volumes: PodVolumes
  readonly references: References
  readonly tokens: ServiceAccountTokens
  readonly prober: Prober
  readonly handlers: HandlerContext
  readonly paths: KubeletPaths
  readonly sandboxOptions: SandboxOptions
  readonly services: () => readonly ServiceObject[]
  readonly allocatable: () => Readonly<Record<string, string>>
  readonly hostIps: readonly string[]
  readonly runtimeName: string
  readonly machineMemoryBytes: number
  readonly seccompRoot: string
  /** Whether the sandbox's network can be made at all; a pod on the host's network does not care. */
  readonly isNetworkReady: () => boolean
}
