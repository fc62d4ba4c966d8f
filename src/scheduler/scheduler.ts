/** The scheduler's loop: take the next pod, decide, promise it the node, bind, and tell the world how it went. */
import { node as nodeKind } from '#api/core/node/node.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import { createClient, type Client } from '#client/client.ts'
import { createEventRecorder, referenceTo, type EventRecorder } from '#client/event-recorder.ts'
import type { Informers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { Decider } from './classes/decider.ts'
import { formatRejection, type Rejection } from './decide.ts'
import { observeCluster, type Observation } from './observe.ts'
import type { ClusterChange, Profile } from './plugin.ts'
import { defaultProfile } from './plugins/plugins.ts'
import { planVolumes, type VolumePlan } from './plugins/volume-binding.ts'
import { decidePreemption } from './preemption/preemption.ts'
import { SchedulingQueue, type QueuedPod } from './queue/scheduling-queue.ts'
import type { PodInfo } from './snapshot/pod-info.ts'
import { reportUnschedulable } from './status.ts'
import { bindVolumes } from './volumes/bind-volumes.ts'

export interface SchedulerOptions {
  readonly transport: Transport
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** One for each `schedulerName` that is served. Default: upstream's `default-scheduler`. */
  readonly profiles?: readonly Profile[]
}

/** Bindings under way; more wait, so that a slow API server is not buried. */
const bindingsMax = 500
/** After this long without a pause, input and output get their turn. */
const sliceMs = 10

interface Scheduling {
  readonly client: Client
  readonly events: EventRecorder
  readonly queue: SchedulingQueue
  readonly observation: Observation
  readonly decider: Decider
  readonly profiles: ReadonlyMap<string, Profile>
  readonly options: SchedulerOptions
}

/** Schedules pods until the signal aborts. */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const { transport, informers, clock, random, signal, profiles = [defaultProfile] } = options
  const log = options.log.named('scheduler')
  const queue = new SchedulingQueue(clock, wakesOf(profiles))
  const events = createEventRecorder(
    { transport, clock, random, log, component: profiles[0]?.schedulerName ?? 'default-scheduler' },
  )
  const observation = observeCluster(
    { informers, queue, schedulerNames: new Set(profiles.map(({ schedulerName }) => schedulerName)) },
  )
  const recording = events.run(signal)
  const binding = new Set<Promise<void>>()
  try {
    await Promise.all([informers.of(nodeKind).synced, informers.of(podKind).synced])
    await loop(
      {
        client: createClient(transport),
        events,
        queue,
        observation,
        decider: new Decider(observation.state),
        options: { ...options, log },
        profiles: new Map(profiles.map((profile) => [profile.schedulerName, profile])),
      },
      binding,
    )
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    queue.stop()
    observation.stop()
  }
  await Promise.allSettled([...binding, recording])
}

function wakesOf(profiles: readonly Profile[]): (plugin: string, change: ClusterChange) => boolean {
  const wakes = new Map<string, Set<ClusterChange>>()
  for (const { plugins } of profiles) for (const { plugin } of plugins) wakes.set(plugin.name, new Set(plugin.wakesOn))
  return (plugin, change) => wakes.get(plugin)?.has(change) ?? true
}

async function loop(scheduling: Scheduling, binding: Set<Promise<void>>): Promise<void> {
  const { queue, options: { clock, signal } } = scheduling
  let began = clock.monotonic()
  while (!signal.aborted) {
    const queued = await queue.pop(signal)
    const work = scheduleOne(scheduling, queued).finally(() => binding.delete(work))
    binding.add(work)
    if (binding.size >= bindingsMax) await Promise.race(binding)
    if (clock.monotonic() - began >= sliceMs) {
      await clock.sleep(0, signal)
      began = clock.monotonic()
    }
  }
}

/** Decides at once; what follows of it takes its time. Never rejects. */
async function scheduleOne(scheduling: Scheduling, queued: QueuedPod): Promise<void> {
  const { queue, observation, decider, profiles, options: { log, random, signal } } = scheduling
  const { info } = queued
  const profile = profiles.get(info.pod.spec?.schedulerName ?? '')
  if (profile === undefined || info.pod.metadata.deletionTimestamp !== undefined
    || observation.state.nodeOf(info.uid) !== undefined) {
    return queue.done(info.uid)
  }
  try {
    const decision = decider.decide(info, profile, random.next, observation.nominated, observation.hasNominated)
    if (decision.type === 'rejected') return await reject(scheduling, queued, profile, decision.rejection)
    log.debug('decided', { pod: info.key, node: decision.node, score: decision.score, feasible: decision.feasible })
    const { state, volumes } = observation
    const plan = planVolumes(info, state.node(decision.node)!, state.volumes)
    state.place(info, decision.node)
    if (plan !== undefined) volumes.promise(plan)
    await bind(scheduling, info, decision.node, plan)
  } catch (error) {
    if (signal.aborted) return
    log.error('a pod could not be scheduled', { pod: info.key, error })
    queue.fail(info.uid)
    await report(scheduling, info, 'SchedulerError', error instanceof Error ? error.message : String(error))
  }
}

async function bind(scheduling: Scheduling, info: PodInfo, node: string, plan: VolumePlan | undefined): Promise<void> {
  const { client, events, queue, observation, options: { clock, informers, log, signal } } = scheduling
  const { name, uid } = info.pod.metadata
  const { namespace } = info
  try {
    if (plan !== undefined) await bindVolumes({ client, informers, clock }, plan, node, signal)
    await client.of(podKind, namespace).subresource(name, 'binding').create({
      apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { kind: 'Node', name: node },
    } as Binding, { signal })
  } catch (error) {
    if (signal.aborted) return
    observation.forget(info.uid)
    if (isReason(error, 'NotFound')) return queue.done(info.uid)
    // Bound by somebody else, or changed: the informer will say what became of it.
    log.warn('binding a pod failed', { pod: info.key, node, error: String(error) })
    queue.fail(info.uid)
    await report(scheduling, info, 'SchedulerError', error instanceof Error ? error.message : String(error))
    return
  } finally {
    if (plan !== undefined) observation.volumes.release(plan)
  }
  queue.done(info.uid)
  observation.unnominate(info.uid)
  events.record(
    referenceTo(podKind, info.pod), 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`,
  )
}

interface Binding {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string }
  readonly target: { readonly kind: string; readonly name: string }
}

/** The pod goes to wait before anything is awaited, so that no change is missed that the preemption itself causes. */
async function reject(
  scheduling: Scheduling, { info }: QueuedPod, profile: Profile, rejection: Rejection,
): Promise<void> {
  const { queue, observation } = scheduling
  queue.reject(info.uid, rejection.plugins)
  if (rejection.nodes === 0) return await report(scheduling, info, 'Unschedulable', formatRejection(rejection))
  const preemption = decidePreemption(observation.state, info, profile, rejection, observation.budgets())
  if (preemption.type === 'none') {
    // The first part is what upstream's DynamicResources says of a pod without resource claims.
    const message = formatRejection(rejection, `no new claims to deallocate, preemption: ${preemption.why}`)
    const wasPromised = Boolean(info.pod.status?.nominatedNodeName)
    if (preemption.isHopeless) observation.unnominate(info.uid)
    return await report(
      scheduling, info, 'Unschedulable', message, preemption.isHopeless && wasPromised ? '' : undefined,
    )
  }
  observation.nominate(info, preemption.node)
  await report(scheduling, info, 'Unschedulable', formatRejection(rejection), preemption.node)
  await Promise.all(preemption.victims.map((victim) => evict(scheduling, victim, info, preemption.node)))
}

async function evict(
  { client, events, options: { log, signal, clock } }: Scheduling, victim: PodInfo, preemptor: PodInfo, node: string,
): Promise<void> {
  const pods = client.of(podKind, victim.namespace)
  const { name, uid, generation } = victim.pod.metadata
  if (victim.pod.metadata.deletionTimestamp !== undefined) return
  const condition = {
    type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler',
    ...(generation !== undefined && { observedGeneration: generation }),
    message: `${preemptor.pod.spec?.schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: new Date(clock.now()).toISOString().replace(/\.\d+Z/, 'Z'),
  }
  try {
    await pods.patch(
      name, 'strategic', { metadata: { uid }, status: { conditions: [condition] } }, { subresource: 'status', signal },
    )
    await pods.delete(name, { preconditions: { uid }, signal })
    events.record(
      referenceTo(podKind, victim.pod), 'Normal', 'Preempted', `Preempted by pod ${preemptor.uid} on node ${node}`,
    )
  } catch (error) {
    if (signal.aborted || isReason(error, 'NotFound') || isReason(error, 'Conflict')) return
    log.warn('a pod could not be preempted', { victim: victim.key, preemptor: preemptor.key, error: String(error) })
  }
}

/**
 * Event and condition. `nominated`: the node that was promised, empty to take a promise back, undefined to leave it.
 */
async function report(
  {
    client, events, options: { clock, log, signal },
  }: Scheduling, info: PodInfo, reason: string, message: string, nominated?: string,
): Promise<void> {
  const pod: Stored<Pod> = info.pod
  events.record(referenceTo(podKind, pod), 'Warning', 'FailedScheduling', message)
  try {
    await reportUnschedulable(client, pod, { reason, message, nominated, now: clock.now() }, signal)
  } catch (error) {
    if (signal.aborted || isReason(error, 'NotFound')) return
    log.warn('the condition of a pod could not be written', { pod: info.key, error: String(error) })
  }
}
