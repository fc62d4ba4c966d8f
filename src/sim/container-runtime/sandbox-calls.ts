/** The calls about sandboxes. */
import { RuntimeError, type ContainerRuntime, type Sandbox } from '#world/container-runtime.ts'
import { matches, type RuntimeState } from './state.ts'

type SandboxCalls = Pick<
  ContainerRuntime, 'runSandbox' | 'stopSandbox' | 'removeSandbox' | 'sandboxStatus' | 'listSandboxes'
>

export function sandboxCalls(state: RuntimeState): SandboxCalls {
  return {
    async runSandbox(config) {
      await state.enter('runSandbox')
      const id = state.newId()
      const hostNetwork = config.security.namespaces.network === 'node'
      const { name, uid, namespace, attempt, labels, annotations } = config
      if ([...state.sandboxes.values()].some(({ status }) => status.uid === uid && status.attempt === attempt)) {
        throw new RuntimeError(
          'AlreadyExists',
          `failed to reserve sandbox name "${name}_${namespace}_${uid}_${attempt}"`,
        )
      }
      state.sandboxes.set(id, {
        config,
        status: {
          id,
          name,
          uid,
          namespace,
          attempt,
          labels,
          annotations,
          ready: true,
          createdAt: state.clock.now(),
          runtimeHandler: '',
          hostNetwork,
          ips: hostNetwork ? [] : [state.addresses.take()],
        },
      })
      return id
    },
    async stopSandbox(id) {
      await state.enter('stopSandbox')
      state.stopSandbox(id)
    },
    async removeSandbox(id) {
      await state.enter('removeSandbox')
      state.stopSandbox(id)
      for (const [key, target] of state.containers) if (target.sandboxId === id) state.containers.delete(key)
      if (state.sandboxes.delete(id)) state.tell({ type: 'removed', id })
    },
    async sandboxStatus(id) {
      await state.enter('sandboxStatus')
      return state.sandboxes.get(id)?.status
    },
    async listSandboxes(filter) {
      await state.enter('listSandboxes')
      return [...state.sandboxes.values()].map(({ status }): Sandbox => status).filter((item) => matches(filter, item))
    },
  }
}
