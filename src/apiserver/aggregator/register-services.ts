/**
 * One APIService for each group and version that this server serves itself, as upstream's autoregister and
 * crdregistration controllers make them. Somebody's own APIService of the same name is left alone.
 */
import type { APIService } from '#api/gen/apiregistration-v1.ts'
import { createClient, type KindClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { KindRegistry } from '../kind-registry.ts'
import { builtInPriority, customPriority } from './group-priorities.ts'

export interface ServiceRegistrationOptions {
  readonly kinds: KindRegistry
  /** As `system:apiserver`. */
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
}

/** `onstart`: made at the start and then its owner's to change; `true`: follows its custom resource definition. */
const automanagedLabel = 'kube-aggregator.kubernetes.io/automanaged'
/** Itself served beside the groups that it lists. */
const aggregatorGroup = 'apiregistration.k8s.io'
const settleMs = 10
const retryMs = 10_000

/** Registers what is served now, and then what custom resource definitions add and remove, until aborted. */
export async function runServiceRegistration(options: ServiceRegistrationOptions, signal: AbortSignal): Promise<void> {
  const { kinds, clock, log } = options
  if (!kinds.kinds.some(({ group }) => group === aggregatorGroup)) return
  const services = createClient(options.transport).resource<APIService>({
    group: aggregatorGroup, version: 'v1', resource: 'apiservices',
  })
  let changed = Promise.withResolvers<void>()
  const ended = kinds.onChange(() => {
    changed.resolve()
    changed = Promise.withResolvers()
  })
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  try {
    while (!signal.aborted) {
      const change = changed.promise
      try {
        await register(services, kinds.kinds, signal)
        await Promise.race([change, aborted])
        if (signal.aborted) return
        await clock.sleep(settleMs, signal)
      } catch (error) {
        if (signal.aborted) return
        log.warn('could not register what is served', { error: String(error) })
        await clock.sleep(retryMs, signal).catch(() => undefined)
      }
    }
  } finally {
    ended()
  }
}

async function register(
  services: KindClient<APIService>, kinds: readonly AnyKind[], signal: AbortSignal,
): Promise<void> {
  const wanted = wantedServices(kinds)
  const existing = new Map((await services.listAll({ signal })).map((service) => [service.metadata.name, service]))
  for (const [name, service] of wanted) {
    if (!existing.has(name)) await services.create(service, { signal }).catch(ignoreRace)
  }
  for (const gone of planRemovals(existing, wanted)) {
    await services.delete(gone.metadata.name, { preconditions: { uid: gone.metadata.uid }, signal }).catch(ignoreRace)
  }
}

/** By name: `v1.apps`, `v1.`. */
export function wantedServices(kinds: readonly AnyKind[]): ReadonlyMap<string, APIService> {
  const wanted = new Map<string, APIService>()
  for (const kind of kinds) {
    if (kind.group === aggregatorGroup) continue
    const isCustom = kind.storedVersion.custom !== undefined
    for (const { version, served } of kind.versions) {
      const priority = isCustom ? customPriority : builtInPriority(kind.group, version)
      const name = `${version}.${kind.group}`
      if (!served || !priority || wanted.has(name)) continue
      wanted.set(name, {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name, labels: { [automanagedLabel]: isCustom ? 'true' : 'onstart' } },
        spec: {
          ...(kind.group !== '' && { group: kind.group }),
          version,
          groupPriorityMinimum: priority.group,
          versionPriority: priority.version,
        },
      })
    }
  }
  return wanted
}

/** What was registered for definitions that are gone, and at the start of servers that served more. */
export function planRemovals(
  existing: ReadonlyMap<string, Stored<APIService>>, wanted: ReadonlyMap<string, APIService>,
): readonly Stored<APIService>[] {
  return [...existing.values()].filter(({ metadata, spec }) =>
    metadata.labels?.[automanagedLabel] !== undefined && !spec?.service && !wanted.has(metadata.name))
}

/** Another server was quicker. */
function ignoreRace(error: unknown): void {
  if (!isReason(error, 'Conflict') && !isReason(error, 'AlreadyExists') && !isReason(error, 'NotFound')) throw error
}
