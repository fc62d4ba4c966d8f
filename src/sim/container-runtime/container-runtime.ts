/** A container runtime that runs nothing: a state machine over a clock, whose containers follow scripts. */
import { utf8Encode } from '#base/bytes.ts'
import { RuntimeError, type Container, type ContainerRuntime, type LinuxResources } from '#world/container-runtime.ts'
import { containerCalls } from './container-calls.ts'
import { imageCalls } from './image-calls.ts'
import { sandboxCalls } from './sandbox-calls.ts'
import { matches, RuntimeState, type SimulatedRuntimeOptions } from './state.ts'

export type { SimulatedRuntimeOptions }

/** What tests may do to it beside. */
export interface SimulatedRuntime extends ContainerRuntime {
  /** Ends a running container as if by itself. */
  exit(containerId: string, exitCode: number, reason?: string): void
  /** Ends every event stream with an error, as a runtime does that restarts. */
  dropEvents(): void
  setNetworkReady(isReady: boolean): void
  /** What a container was created with, or updated to. */
  resourcesOf(containerId: string): LinuxResources
  readonly calls: ReadonlyMap<string, number>
  /** What it has, without a call that could fail. */
  containers(): readonly Container[]
}

export function createSimulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  const state = new RuntimeState(options)
  return {
    ...control(state),
    ...sandboxCalls(state),
    ...containerCalls(state),
    ...processCalls(state),
    ...imageCalls(state),
    async version() {
      await state.enter('version')
      return { name: 'simulated', version: '1.0.0' }
    },
    async conditions() {
      await state.enter('conditions')
      return conditionsOf(state)
    },
    setPodCidr: () => state.enter('setPodCidr'),
    async *events(signal) {
      await state.enter('events')
      yield* state.listen(signal)
    },
  }
}

function control(state: RuntimeState): Omit<SimulatedRuntime, keyof ContainerRuntime> {
  return {
    calls: state.calls,
    exit: (id, exitCode, reason = exitCode === 0 ? 'Completed' : 'Error') =>
      state.end(state.container(id), exitCode, reason),
    dropEvents: () => state.dropListeners(),
    containers: () => [...state.containers.values()].map(({ status, sandboxId }) => ({ ...status, sandboxId })),
    resourcesOf: (id) => state.container(id).resources,
    setNetworkReady: (isReady) => { state.isNetworkReady = isReady },
  }
}

function conditionsOf({ isNetworkReady }: RuntimeState): Awaited<ReturnType<ContainerRuntime['conditions']>> {
  return [
    { type: 'RuntimeReady', status: true, reason: '', message: '' },
    {
      type: 'NetworkReady',
      status: isNetworkReady,
      reason: isNetworkReady ? '' : 'NetworkPluginNotReady',
      message: isNetworkReady ? '' : 'cni plugin not initialized',
    },
  ]
}

type ProcessCalls = Pick<
  ContainerRuntime, 'execSync' | 'execUrl' | 'attachUrl' | 'portForwardUrl' | 'containerStats'
>

function processCalls(state: RuntimeState): ProcessCalls {
  return {
    async execSync(id, command) {
      await state.enter('execSync')
      const target = state.container(id)
      if (target.status.state !== 'running') {
        throw new RuntimeError('Unknown', `container is in ${target.status.state} state`)
      }
      const answer = target.script.exec?.(command) ?? { exitCode: 0 }
      return {
        exitCode: answer.exitCode, stdout: utf8Encode(answer.stdout ?? ''), stderr: utf8Encode(answer.stderr ?? ''),
      }
    },
    execUrl: () => Promise.reject(noStreams()),
    attachUrl: () => Promise.reject(noStreams()),
    portForwardUrl: () => Promise.reject(noStreams()),

    async containerStats(filter) {
      await state.enter('containerStats')
      return [...state.containers.values()]
        .filter(({ status, sandboxId }) => status.state === 'running' && matches(filter, { ...status, sandboxId }))
        .map(({ status }) => ({
          id: status.id,
          name: status.name,
          labels: status.labels,
          timestamp: state.clock.now(),
          cpuUsageNanoseconds: Math.round((state.clock.now() - status.startedAt) * 10_000),
          memoryWorkingSetBytes: 8 * 2 ** 20,
          memoryUsageBytes: 10 * 2 ** 20,
          memoryRssBytes: 6 * 2 ** 20,
          pageFaults: 0,
          majorPageFaults: 0,
          writableLayerBytes: 4096,
          writableLayerInodes: 4,
        }))
    },
  }
}

function noStreams(): RuntimeError {
  return new RuntimeError('Unimplemented', 'simulated containers have no streams')
}
