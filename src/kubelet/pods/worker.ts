/**
 * One pod's worker: observes, plans, carries the plan out, reports; and ends when the pod is gone from node and API.
 */
import type { Pod } from '#api/gen/core-v1.ts'
import { compareResourceVersions } from '#machinery/resource-version.ts'
import type { Timer } from '#world/clock.ts'
import type { SandboxConfig } from '#world/container-runtime.ts'
import { podCgroup, podCgroupLimits } from '../containers/resources.ts'
import { sandboxConfig } from '../containers/sandbox-config.ts'
import type { ReadyImage } from '../images/puller.ts'
import type { AnyContainer, PodObject } from '../types.ts'
import { MountError, type MountedVolumes } from '../volumes/volumes.ts'
import { createSandbox, refuseSandbox } from './create-sandbox.ts'
import { planGarbage } from './garbage.ts'
import { containerNameOf, containersOf, describePod, podUid } from './identity.ts'
import { ContainerKills, leastGraceSeconds } from './kills.ts'
import {
  actionKey,
  planPod,
  type BackOff,
  type Ending,
  type PodAction,
  type PodPlan,
  type PodRuntimeState,
  type WaitingReason,
} from './plan.ts'
import { removePod } from './remove-pod.ts'
import { needsRestart, planResize } from './resize.ts'
import type { PodServices } from './services.ts'
import { describe, ensureImage, startContainer, StartError } from './start-container.ts'
import { computePodStatus, statusPatch } from './status.ts'
import { PodTasks } from './tasks.ts'
import { readTerminationMessage } from './termination-message.ts'

const retryMs = { first: 1000, most: 10_000 }
const mountRetryMs = { first: 500, most: 122_000 }
const statusRetryMs = { first: 500, most: 30_000 }

export class PodWorker {
  readonly uid: string
  readonly #services: PodServices
  #pod: PodObject
  #watchedVersion: string
  /** False once the API has forgotten the pod. */
  #exists = true
  #ending: Ending | undefined
  #failure: { readonly reason: string; readonly message: string } | undefined
  #volumes: MountedVolumes | undefined
  #volumesAreStale = false
  readonly #startTime: number
  readonly #tasks: PodTasks
  #lastStepAt = 0
  readonly #errors = new Map<string, WaitingReason>()
  readonly #backOff = new Map<string, BackOff>()
  readonly #messages = new Map<string, string>()
  readonly #images = new Map<string, Promise<ReadyImage>>()
  readonly #resources = new Map<string, AnyContainer['resources']>()
  readonly #kills: ContainerKills
  #wakeUp: (() => void) | undefined
  #isAwake = true
  #timer: Timer | undefined
  #isClean = false
  #saidBackOff = new Set<string>()

  constructor(services: PodServices, pod: PodObject) {
    this.#services = services
    this.#pod = pod
    this.#watchedVersion = pod.metadata.resourceVersion
    this.uid = podUid(pod)
    this.#startTime = services.clock.now()
    this.#kills = new ContainerKills(services)
    this.#tasks = new PodTasks({
      clock: services.clock, failed: (key, error) => this.#taskFailed(key, error), ended: () => this.wake(),
    })
  }

  get pod(): PodObject { return this.#pod }
  /** Nothing of it runs any more, and the node has nothing of it but its logs. */
  get isClean(): boolean { return this.#isClean }

  /**
   * As the watch tells it. What is older than the answer to our own last write is ignored, unless the server itself
   * went back in time.
   */
  update(pod: PodObject): void {
    const version = pod.metadata.resourceVersion
    const wentBack = compareResourceVersions(version, this.#watchedVersion) < 0
    this.#watchedVersion = version
    if (wentBack || compareResourceVersions(version, this.#pod.metadata.resourceVersion) > 0) this.#pod = pod
    this.wake()
  }

  /** The pod object (or the file of a static pod) is gone: whatever still runs is ended. */
  forget(graceSeconds = leastGraceSeconds): void {
    this.#exists = false
    this.#end(Math.min(graceSeconds, this.#pod.metadata.deletionGracePeriodSeconds ?? graceSeconds))
    this.wake()
  }

  /** The kubelet ends the pod by itself: eviction, admission, a deadline. */
  fail(reason: string, message: string, graceSeconds?: number): void {
    if (this.#failure) return
    this.#failure = { reason, message }
    this.#end(graceSeconds ?? this.#pod.spec?.terminationGracePeriodSeconds ?? 30)
    this.wake()
  }

  /**
   * Something that its pod refers to has changed: volumes are brought up to date, and failed starts tried again at
   * once.
   */
  referencesChanged(): void {
    this.#volumesAreStale = true
    this.#tasks.retryNow((key) => key.startsWith('start/') || key === 'volumes')
    this.wake()
  }

  wake(): void {
    this.#isAwake = true
    this.#wakeUp?.()
  }

  /** Until the pod is gone, or the kubelet stops (its containers then run on). */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.wake()
    signal.addEventListener('abort', stop, { once: true })
    try {
      while (!signal.aborted && !(this.#isClean && !this.#exists && this.#tasks.underway.size === 0)) {
        if (!this.#isAwake) await new Promise<void>((resolve) => { this.#wakeUp = resolve })
        this.#isAwake = false
        this.#wakeUp = undefined
        if (signal.aborted) break
        await this.#step().catch((error: unknown) => this.#stumble(error))
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#timer?.cancel()
    }
  }

  /** One step failed where nothing should: the pod must not be left alone for that. */
  #stumble(error: unknown): void {
    const { log, clock } = this.#services
    log.error("a step of a pod's worker failed", {
      pod: describePod(this.#pod),
      error: String((error as Error).stack ?? error),
    })
    this.#timer?.cancel()
    this.#timer = clock.schedule(retryMs.most, () => this.wake())
  }

  async #step(): Promise<void> {
    const { cache, prober, clock } = this.#services
    this.#notice()
    const state = cache.forPod(this.uid)
    prober.sync(this.#pod, state, this.#ending !== undefined, this.#tasks.starting)
    await this.#readMessages()
    const now = clock.now()
    if (now < this.#lastStepAt) this.#shortenWaits(now)
    this.#lastStepAt = now
    const plan = planPod({
      pod: this.#pod,
      state,
      probes: prober.verdicts(this.uid),
      backOff: this.#backOff,
      underway: this.#tasks.underway,
      notBefore: this.#tasks.notBefore,
      ending: this.#ending,
      now,
    })
    this.#hastenKills()
    if (plan.finished) this.#cleanUp()
    else if (this.#ending || this.#areVolumesReady()) for (const action of plan.actions) this.#launch(action)
    else {
      for (const action of plan.actions) {
        if (action.type === 'stopSandbox' || action.type === 'killContainer') this.#launch(action)
      }
    }
    this.#sayBackOff(plan)
    this.#collectGarbage(state)
    if (!this.#ending) this.#resize(state)
    this.#report(plan)
    this.#scheduleWake(plan, now)
  }

  /** The wall clock was set back, perhaps by hours: nothing waits for a moment that was near and is far away now. */
  #shortenWaits(now: number): void {
    this.#tasks.retryNow()
    if (!this.#ending) return
    const { graceSeconds, deadline } = this.#ending
    this.#ending = { graceSeconds, deadline: Math.min(deadline, now + graceSeconds * 1000) }
  }

  /** Finds out whether the pod has to end. */
  #notice(): void {
    const { metadata, spec, status } = this.#pod
    const grace = spec?.terminationGracePeriodSeconds ?? 30
    if (!this.#exists) return
    if (metadata.deletionTimestamp) this.#end(metadata.deletionGracePeriodSeconds ?? grace)
    else if (status?.phase === 'Succeeded' || status?.phase === 'Failed') this.#end(grace)
    const limit = spec?.activeDeadlineSeconds
    const start = status?.startTime ? Date.parse(status.startTime) : this.#startTime
    if (limit !== undefined && !this.#ending && this.#services.clock.now() >= start + limit * 1000) {
      this.#services.events.pod(
        this.#pod,
        'Normal',
        'DeadlineExceeded',
        'Pod was active on the node longer than the specified deadline',
      )
      this.fail('DeadlineExceeded', 'Pod was active on the node longer than the specified deadline')
    }
  }

  /** Only ever sooner than before. */
  #end(graceSeconds: number): void {
    const deadline = this.#services.clock.now() + graceSeconds * 1000
    if (!this.#ending || graceSeconds < this.#ending.graceSeconds) {
      this.#ending = { graceSeconds, deadline: Math.min(deadline, this.#ending?.deadline ?? deadline) }
    }
  }

  /** A kill that waits longer than the pod now may is told again, with less patience. */
  #hastenKills(): void {
    if (!this.#ending) return
    const { graceSeconds, deadline } = this.#ending
    for (const id of this.#kills.shorten(deadline)) {
      this.#task(`hasten/${id}/${graceSeconds}`, () => this.#kills.hasten(id, deadline))
    }
  }

  /** Starts mounting when needed. True when every volume is there. */
  #areVolumesReady(): boolean {
    const renewal = this.#services.tokens.nextRenewal(this.uid)
    const isDue = renewal !== undefined && renewal <= this.#services.clock.now()
    if ((!this.#volumes || this.#volumesAreStale || isDue) && this.#tasks.mayTry('volumes')) {
      this.#volumesAreStale = false
      this.#task('volumes', () => this.#mount())
    }
    return this.#volumes !== undefined
  }

  async #mount(): Promise<void> {
    const { files, paths, cgroups, volumes, events, sandboxOptions } = this.#services
    const pod = this.#pod
    try {
      if (!this.#volumes) {
        const namespace = pod.metadata.namespace ?? ''
        await Promise.all([
          files.makeDirectory(paths.volumesDirectory(this.uid), 0o750),
          files.makeDirectory(paths.podLogDirectory(namespace, pod.metadata.name, this.uid), 0o755),
          cgroups.apply(podCgroup(sandboxOptions.cgroupRoot, pod), podCgroupLimits(pod)),
        ])
      }
      this.#volumes = await volumes.mount(pod)
    } catch (error) {
      events.pod(
        pod,
        'Warning',
        error instanceof MountError ? 'FailedMount' : 'FailedCreatePodContainer',
        describe(error),
      )
      throw error
    }
  }

  /** Runs something beside the worker's loop, which is woken when it ends. */
  #task(key: string, action: () => Promise<void>, timing = key === 'volumes' ? mountRetryMs : retryMs): void {
    this.#tasks.start(key, action, timing)
  }

  #taskFailed(key: string, error: unknown): number | undefined {
    this.#services.log.warn('could not carry an action out', {
      pod: describePod(this.#pod), action: key, error: describe(error),
    })
    return error instanceof StartError ? error.retryAt : undefined
  }

  #launch(action: PodAction): void {
    const key = actionKey(action)
    switch (action.type) {
      case 'createSandbox': return this.#task(key, () => this.#createSandbox(action.attempt))
      case 'stopSandbox': return this.#task(key, async () => {
        await this.#services.runtime.stopSandbox(action.id)
        await this.#services.cache.refreshSandbox(action.id)
      })
      case 'startContainer': return this.#task(key, () => this.#start(action))
      case 'killContainer': return this.#task(key, () =>
        this.#kills.kill(this.#pod, action, this.#ending?.deadline ?? Number.POSITIVE_INFINITY))
    }
  }

  #sandboxConfig(attempt: number): SandboxConfig {
    return sandboxConfig(this.#pod, attempt, this.#services.sandboxOptions)
  }

  async #createSandbox(attempt: number): Promise<void> {
    const pod = this.#pod
    refuseSandbox(this.#services, pod)
    if (attempt > 0) {
      this.#services.events.pod(
        pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    }
    this.#prefetchImages(attempt)
    await createSandbox(this.#services, pod, this.#sandboxConfig(attempt))
  }

  /** The images of the containers that come first are looked for, and pulled, while the sandbox is being made. */
  #prefetchImages(attempt: number): void {
    const inits = this.#pod.spec?.initContainers ?? []
    const all = containersOf(this.#pod)
    const first = inits.length > 0 ? all.slice(0, 1) : all.filter(({ role }) => role === 'regular')
    for (const { role, container } of first) {
      if (this.#images.has(container.name) || !this.#tasks.mayTry(`start/${container.name}`)) continue
      const image = ensureImage(this.#services, this.#pod, role, container, this.#sandboxConfig(attempt))
      // Whoever starts the container hears of a failure; until then nobody needs to.
      image.catch(() => undefined)
      this.#images.set(container.name, image)
    }
  }

  async #start(action: Extract<PodAction, { type: 'startContainer' }>): Promise<void> {
    const { name } = action.container
    const image = this.#images.get(name)
    this.#images.delete(name)
    try {
      await startContainer(this.#services, {
        pod: this.#pod,
        action,
        image,
        sandboxConfig: this.#sandboxConfig(action.sandbox.attempt),
        volumes: this.#volumes ?? new Map(),
      })
      this.#errors.delete(name)
    } catch (error) {
      if (error instanceof StartError) this.#errors.set(name, { reason: error.reason, message: error.message })
      // A container may have been made without our having heard of it: the list knows.
      if (!(error instanceof StartError) || error.isFromRuntime) await this.#services.cache.relist()
      throw error
    } finally {
      if (action.backOff) this.#backOff.set(name, action.backOff)
      this.#saidBackOff.delete(name)
    }
  }

  async #readMessages(): Promise<void> {
    for (const container of this.#services.cache.forPod(this.uid).containers) {
      if (container.state !== 'exited' || this.#messages.has(container.id)) continue
      this.#messages.set(container.id, await readTerminationMessage(this.#services.files, container))
    }
  }

  /** One BackOff event per waiting period, when it begins. */
  #sayBackOff(plan: PodPlan): void {
    for (const [name, { reason }] of plan.waiting) {
      if (reason !== 'CrashLoopBackOff' || this.#saidBackOff.has(name)) continue
      this.#saidBackOff.add(name)
      const isInit = (this.#pod.spec?.initContainers ?? []).some((container) => container.name === name)
      this.#services.events.container(this.#pod, isInit ? 'init' : 'regular', name, 'Warning', 'BackOff',
        `Back-off restarting failed container ${name} in pod ${describePod(this.#pod)}`)
    }
  }

  /** Brings running containers to the resources that the pod asks for now. */
  #resize(state: PodRuntimeState): void {
    const { runtime, cgroups, machineMemoryBytes, sandboxOptions } = this.#services
    for (const status of state.containers) {
      if (status.state !== 'running' || this.#resources.has(status.id)) continue
      const all = [...(this.#pod.status?.containerStatuses ?? []), ...(this.#pod.status?.initContainerStatuses ?? [])]
      const reported = all.find(({ containerID }) => containerID?.endsWith(`//${status.id}`))
      const asked = containersOf(this.#pod).find(({ container }) => container.name === containerNameOf(status))
        ?.container.resources
      this.#resources.set(status.id, reported?.resources ?? asked)
    }
    const resizes = planResize(this.#pod, state, this.#resources, machineMemoryBytes)
    if (resizes.length === 0 || !this.#tasks.mayTry('resize')) return
    this.#task('resize', async () => {
      await cgroups.apply(podCgroup(sandboxOptions.cgroupRoot, this.#pod), podCgroupLimits(this.#pod))
      for (const { containerId, container, resources } of resizes) {
        if (needsRestart(container, this.#resources.get(containerId))) {
          await runtime.stopContainer(containerId, this.#pod.spec?.terminationGracePeriodSeconds ?? 30)
        } else await runtime.updateContainerResources(containerId, resources)
        this.#resources.set(containerId, container.resources)
      }
    })
  }

  #collectGarbage(state: PodRuntimeState): void {
    const garbage = planGarbage(state)
    if ((garbage.containers.length === 0 && garbage.sandboxIds.length === 0) || !this.#tasks.mayTry('collect')) return
    const { runtime, cache, files } = this.#services
    this.#task('collect', async () => {
      for (const { id, logPath } of garbage.containers) {
        await runtime.removeContainer(id)
        if (logPath !== '') await files.remove(logPath)
        await cache.refreshContainer(id)
        this.#messages.delete(id)
        this.#resources.delete(id)
      }
      for (const id of garbage.sandboxIds) {
        await runtime.removeSandbox(id)
        await cache.refreshSandbox(id)
      }
    })
  }

  #scheduleWake(plan: PodPlan, now: number): void {
    const times = [plan.wakeAt, this.#services.tokens.nextRenewal(this.uid)].filter((at) => at !== undefined)
    times.push(...this.#tasks.notBefore.values())
    const limit = this.#pod.spec?.activeDeadlineSeconds
    if (limit !== undefined && !this.#ending) {
      times.push(
        (this.#pod.status?.startTime ? Date.parse(this.#pod.status.startTime) : this.#startTime) + limit * 1000,
      )
    }
    this.#timer?.cancel()
    const future = times.filter((at) => at > now)
    if (future.length === 0) return
    this.#timer = this.#services.clock.schedule(Math.max(1, Math.min(...future) - now), () => this.wake())
  }

  /** Nothing runs any more: volumes go, and if the pod is to be deleted, everything goes and then the API is told. */
  #cleanUp(): void {
    if (this.#isClean) return
    const isDeleted = !this.#exists || this.#pod.metadata.deletionTimestamp !== undefined
    if (!isDeleted) {
      if (this.#volumes) this.#task('unmount', async () => {
        await this.#services.mounts.unmountAll(this.#services.paths.volumesDirectory(this.uid))
        this.#volumes = undefined
      })
      return
    }
    if (!this.#tasks.mayTry('cleanUp') || this.#tasks.underway.has('status')) return
    this.#task('cleanUp', () => this.#removeEverything())
  }

  async #removeEverything(): Promise<void> {
    const isInApi = this.#exists
    // The last word on exit codes comes before the object goes.
    if (isInApi) await this.#writeStatus(undefined)
    await removePod(this.#services, this.#pod, isInApi)
    this.#isClean = true
  }

  /** Writes the status if it differs from what the API has; one write at a time, the last state wins. */
  #report(plan: PodPlan): void {
    if (
      !this.#exists
      || this.#isClean
      || this.#tasks.underway.has('status')
      || this.#tasks.underway.has('cleanUp')
      || !this.#tasks.mayTry('status')
    ) {
      return
    }
    const next = this.#computeStatus(plan)
    if (!statusPatch(this.#pod, next)) return
    this.#task('status', () => this.#writeStatus(plan), statusRetryMs)
  }

  #computeStatus(plan: PodPlan | undefined) {
    const { cache, prober, hostIps, runtimeName, clock } = this.#services
    return computePodStatus({
      pod: this.#pod,
      state: cache.forPod(this.uid),
      probes: prober.verdicts(this.uid),
      waiting: new Map([...this.#errors, ...(plan?.waiting ?? [])]),
      terminationMessages: this.#messages,
      starting: this.#tasks.starting,
      hostIps,
      runtimeName,
      now: clock.now(),
      startTime: this.#startTime,
      failure: this.#failure,
      finished: plan?.finished ?? true,
    })
  }

  async #writeStatus(plan: PodPlan | undefined): Promise<void> {
    const pod = this.#pod
    const patch = statusPatch(pod, this.#computeStatus(plan))
    if (!patch) return
    const pods = this.#services.client.resource<Pod>(
      { group: '', version: 'v1', resource: 'pods' },
      pod.metadata.namespace,
    )
    // Gone, or replaced by another of its name: the watch will say so. Until it does, asking again at once
    // would never end.
    const written = await pods.patch(pod.metadata.name, 'strategic', patch, { subresource: 'status' })
    const isNewer = compareResourceVersions(written.metadata.resourceVersion, this.#pod.metadata.resourceVersion) > 0
    if (written.metadata.uid === pod.metadata.uid && isNewer) this.#pod = written
  }
}
