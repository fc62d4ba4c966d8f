/**
 * One APIService for each group and version that this server serves itself, as upstream's autoregister and
 * crdregistration controllers make them. Somebody's own APIService of the same name is left alone.
 */
import type { APIService } from '#api/gen/apiregistration-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
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

/** `onstart`: made at the start and then its owner's to change or delete; `true`: kept as its definition wants it. */
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
  const wake = (): void => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const ended = kinds.onChange(wake)
  const watching = wakeOnChange(services, wake, options, signal)
  const started = new Set<string>()
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  try {
    while (!signal.aborted) {
      const change = changed.promise
      try {
        await register(services, kinds.kinds, started, signal)
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
    await watching
  }
}

/** Until aborted: what somebody changes or deletes is looked at again. */
async function wakeOnChange(
  services: KindClient<APIService>, wake: () => void, { clock }: ServiceRegistrationOptions, signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const _ of services.watch({}, signal)) wake()
    } catch (error) {
      if (signal.aborted) return
      if (!isReason(error, 'Expired')) await clock.sleep(retryMs, signal).catch(() => undefined)
    }
  }
}

/** `started`: those that were made, or found, at the start; they are seen to once. */
async function register(
  services: KindClient<APIService>, kinds: readonly AnyKind[], started: Set<string>, signal: AbortSignal,
): Promise<void> {
  const wanted = wantedServices(kinds)
  const existing = new Map((await services.listAll({ signal })).map((service) => [service.metadata.name, service]))
  for (const [name, service] of wanted) {
    const isFirst = !started.has(name)
    started.add(name)
    if (!isFirst && service.metadata?.labels?.[automanagedLabel] === 'onstart') continue
    const current = existing.get(name)
    if (!current) await services.create(service, { signal }).catch(ignoreRace)
    else if (current.metadata.labels?.[automanagedLabel] && !semanticEqual(current.spec, service.spec)) {
      await services.update({ ...current, spec: service.spec! }, { signal }).catch(ignoreRace)
    }
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
