/**
 * Keeps the flow controller's configuration the same as the stored FlowSchemas and PriorityLevelConfigurations, and
 * these as the server's version has them: made after the start, brought up to date while their annotation allows it,
 * and told whether their priority level exists.
 */
import type { FlowSchema, FlowSchemaCondition, PriorityLevelConfiguration } from '#api/gen/flowcontrol-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { createClient, type KindClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { formatTime } from '#machinery/time.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeStored } from '../rest/stored-form.ts'
import { StoreFollower, type FollowedRange } from '../store-follower.ts'
import {
  autoUpdateAnnotation,
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
  suggestedFlowSchemas,
  suggestedPriorityLevels,
} from '#api/flowcontrol/bootstrap-objects.ts'
import type { FlowController } from './flow-controller.ts'

export interface FlowConfigurationOptions {
  readonly controller: FlowController
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** As `system:apiserver`. */
  readonly transport: Transport
  /** Without those of priorities among them there is nothing to keep, and what is built in holds. */
  readonly kinds: readonly AnyKind[]
}

const group = 'flowcontrol.apiserver.k8s.io'
/** Changes that come together are taken over together. */
const settleMs = 10
const retryMs = 10_000

export interface FlowConfiguration {
  /** Follows the store until aborted. */
  follow(signal: AbortSignal): Promise<void>
  /** Makes and keeps the built-in objects, and their conditions, until aborted. Needs a server that serves. */
  maintain(signal: AbortSignal): Promise<void>
}

export function createFlowConfiguration(options: FlowConfigurationOptions): FlowConfiguration {
  const { controller, store, kinds } = options
  const schemas = new Map<string, Stored<FlowSchema>>()
  const levels = new Map<string, Stored<PriorityLevelConfiguration>>()
  let changed = Promise.withResolvers<void>()
  const take = (): void => {
    controller.configure([...schemas.values()], [...levels.values()])
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const isServed = kinds.some((kind) => kind.group === group)
  const follower = new StoreFollower(store, isServed ? [
    followed(kinds, 'flowschemas', schemas, take), followed(kinds, 'prioritylevelconfigurations', levels, take),
  ] : [])
  return {
    follow: (signal) => follower.run(signal),
    async maintain(signal) {
      if (!isServed) return
      const clients = clientsOf(options.transport)
      const aborted = untilAborted(signal)
      while (!signal.aborted) {
        const change = changed.promise
        try {
          await reconcile(clients, schemas, levels, options.clock.now(), signal)
          await Promise.race([change, aborted])
          if (signal.aborted) return
          await options.clock.sleep(settleMs, signal)
        } catch (error) {
          if (signal.aborted) return
          options.log.warn('could not keep the built-in priorities', { error: String(error) })
          await options.clock.sleep(retryMs, signal).catch(() => undefined)
        }
      }
    },
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function followed<T>(
  kinds: readonly AnyKind[], plural: string, into: Map<string, Stored<T & object>>, onChange: () => void,
): FollowedRange {
  const kind = kinds.find((candidate) => candidate.group === group && candidate.plural === plural)
  if (!kind) throw new Error(`no kind is declared for ${plural}.${group}`)
  return {
    range: collectionRange(kind, ''),
    clear: () => into.clear(),
    put(entry) {
      into.set(entry.key, decodeStored(entry) as Stored<T & object>)
      onChange()
    },
    delete(entry) {
      into.delete(entry.key)
      onChange()
    },
  }
}

interface Clients {
  readonly schemas: KindClient<FlowSchema>
  readonly levels: KindClient<PriorityLevelConfiguration>
}

function clientsOf(transport: Transport): Clients {
  const client = createClient(transport)
  return {
    schemas: client.resource<FlowSchema>({ group, version: 'v1', resource: 'flowschemas' }),
    levels: client.resource<PriorityLevelConfiguration>(
      { group, version: 'v1', resource: 'prioritylevelconfigurations' }),
  }
}

type ByKey<T> = ReadonlyMap<string, Stored<T & object>>

async function reconcile(
  clients: Clients,
  schemas: ByKey<FlowSchema>,
  levels: ByKey<PriorityLevelConfiguration>,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  await ensureAll(clients.levels, levels, mandatoryPriorityLevels, suggestedPriorityLevels, signal)
  await ensureAll(clients.schemas, schemas, mandatoryFlowSchemas, suggestedFlowSchemas, signal)
  const names = new Set([...levels.values()].map(({ metadata }) => metadata.name))
  for (const schema of schemas.values()) {
    const condition = planDangling(schema, names, now)
    if (!condition) continue
    const status = { conditions: [...withoutDangling(schema), condition] }
    await clients.schemas
      .updateStatus({ ...(cloneJson(schema) as unknown as Stored<FlowSchema>), status }, { signal })
      .catch(ignoreRace)
  }
}

type BuiltIn = FlowSchema | PriorityLevelConfiguration

/** A suggested object that somebody has deleted stays deleted, once the mandatory ones show that it has been made. */
async function ensureAll<T extends BuiltIn>(
  client: KindClient<T>, stored: ByKey<T>, mandatory: readonly T[], suggested: readonly T[], signal: AbortSignal,
): Promise<void> {
  const existing = new Map([...stored.values()].map((object) => [object.metadata.name, object]))
  const isNew = mandatory.every(({ metadata }) => !existing.has(metadata!.name!))
  for (const wanted of isNew ? [...suggested, ...mandatory] : mandatory) {
    if (existing.has(wanted.metadata!.name!)) continue
    await client.create(wanted as DeepReadonly<T>, { signal }).catch(ignoreRace)
  }
  for (const [list, always] of [[mandatory, true], [suggested, false]] as const) {
    for (const wanted of list) {
      const object = existing.get(wanted.metadata!.name!)
      const update = object && planUpdate(object as unknown as Stored<BuiltIn>, wanted, always)
      if (update) await client.update(update as unknown as Stored<T & object>, { signal }).catch(ignoreRace)
    }
  }
}

/** The object with its built-in spec again; undefined when it has that, or is the administrator's own. */
function planUpdate(
  object: DeepReadonly<BuiltIn>, wanted: BuiltIn, always: boolean,
): DeepReadonly<BuiltIn> | undefined {
  if (!always && object.metadata?.annotations?.[autoUpdateAnnotation] !== 'true') return undefined
  return semanticEqual(object.spec, wanted.spec) ? undefined
    : { ...object, spec: wanted.spec } as DeepReadonly<BuiltIn>
}

function withoutDangling({ status }: Stored<FlowSchema>): readonly FlowSchemaCondition[] {
  return (status?.conditions ?? []).filter(({ type }) => type !== 'Dangling')
}

/** The condition that tells whether the schema's priority level is there; undefined when it is told already. */
function planDangling(
  schema: Stored<FlowSchema>, levels: ReadonlySet<string>, now: number,
): FlowSchemaCondition | undefined {
  const name = schema.spec?.priorityLevelConfiguration?.name ?? ''
  const found = levels.has(name)
  const before = schema.status?.conditions?.find(({ type }) => type === 'Dangling')
  const status = found ? 'False' : 'True'
  const message = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)} `
    + (found ? 'and it exists' : 'but there is no such object')
  if (before?.status === status && before.message === message) return undefined
  return {
    type: 'Dangling', status, reason: found ? 'Found' : 'NotFound', message, lastTransitionTime: formatTime(now),
  }
}

/** Another server was quicker; what it did will be told. */
function ignoreRace(error: unknown): void {
  if (!isReason(error, 'Conflict') && !isReason(error, 'AlreadyExists') && !isReason(error, 'NotFound')) throw error
}
