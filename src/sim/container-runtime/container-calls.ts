/** The calls about containers, from their creation to their end. */
import { RuntimeError, type ContainerRuntime } from '#world/container-runtime.ts'
import { matches, type RuntimeState } from './state.ts'

type ContainerCalls = Pick<
  ContainerRuntime,
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'removeContainer'
  | 'containerStatus'
  | 'listContainers'
  | 'updateContainerResources'
  | 'reopenLog'
>

export function containerCalls(state: RuntimeState): ContainerCalls {
  return {
    async createContainer(sandboxId, config, sandboxConfig) {
      await state.enter('createContainer')
      const sandbox = state.sandboxes.get(sandboxId)
      if (!sandbox) throw new RuntimeError('NotFound', `failed to find sandbox id "${sandboxId}": not found`)
      const image = state.images.get(config.image)
      if (!image) throw new RuntimeError('NotFound', `failed to get image "${config.image}": not found`)
      const clash = [...state.containers.values()].some((other) =>
        other.config.name === config.name && other.config.attempt === config.attempt && other.sandboxId === sandboxId)
      if (clash) {
        throw new RuntimeError(
          'Unknown',
          `failed to reserve container name "${config.name}_${config.attempt}": name is reserved`,
        )
      }
      const id = state.newId()
      const tag = image.tags[0] ?? config.image
      const script = state.catalog(tag)?.container?.(config) ?? {}
      state.containers.set(id, {
        config,
        sandboxId,
        script,
        timer: undefined,
        resources: config.resources,
        logDirectory: sandboxConfig.logDirectory,
        status: {
          id,
          name: config.name,
          attempt: config.attempt,
          image: tag,
          imageRef: image.id,
          state: 'created',
          createdAt: state.clock.now(),
          labels: config.labels,
          annotations: config.annotations,
          startedAt: 0,
          finishedAt: 0,
          exitCode: 0,
          reason: '',
          message: '',
          mounts: config.mounts,
          logPath: `${sandboxConfig.logDirectory}/${config.logPath}`,
          user: undefined,
        },
      })
      return id
    },
    async startContainer(id) {
      await state.enter('startContainer')
      const target = state.container(id)
      if (target.status.state !== 'created') {
        throw new RuntimeError('FailedPrecondition', `container is in ${target.status.state} state`)
      }
      const { startError, exitsAfterMs, exitCode = 0, reason, output = [] } = target.script
      const now = state.clock.now()
      if (startError !== undefined) {
        target.status = {
          ...target.status,
          state: 'exited',
          startedAt: now,
          finishedAt: now,
          exitCode: 128,
          reason: 'StartError',
          message: startError,
        }
        throw new RuntimeError('Unknown', startError)
      }
      target.status = { ...target.status, state: 'running', startedAt: now }
      await state.log(target, output)
      state.tell({ type: 'started', id })
      if (exitsAfterMs === undefined) return
      target.timer = state.clock.schedule(exitsAfterMs, () =>
        state.end(target, exitCode, reason ?? (exitCode === 0 ? 'Completed' : 'Error')))
    },
    async stopContainer(id, graceSeconds) {
      await state.enter('stopContainer')
      const target = state.containers.get(id)
      if (target) await state.stop(target, graceSeconds)
    },
    async removeContainer(id) {
      await state.enter('removeContainer')
      const target = state.containers.get(id)
      if (!target) return
      state.end(target, 137, 'Error')
      state.containers.delete(id)
      state.tell({ type: 'removed', id })
    },
    async containerStatus(id) {
      await state.enter('containerStatus')
      return state.containers.get(id)?.status
    },
    async listContainers(filter) {
      await state.enter('listContainers')
      return [...state.containers.values()]
        .map(({ status, sandboxId }) => ({ ...status, sandboxId }))
        .filter((item) => matches(filter, item))
    },
    async updateContainerResources(id, resources) {
      await state.enter('updateContainerResources')
      state.container(id).resources = resources
    },
    reopenLog: () => state.enter('reopenLog'),
  }
}
