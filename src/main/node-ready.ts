/** Waiting for a node, told by the API. */
import { node } from '#api/core/node/node.ts'
import type { Node } from '#api/gen/core-v1.ts'
import type { ControlPlane } from '#cluster/control-plane.ts'
import type { Stored } from '#machinery/meta/object.ts'

/** Resolves when the node's condition Ready is True; rejects when the signal aborts. */
export function nodeReady(controlPlane: ControlPlane, nodeName: string, signal: AbortSignal): Promise<void> {
  const informer = controlPlane.informers.of(node)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = (object: Stored<Node>): void => {
    if (object.metadata.name !== nodeName) return
    if (object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) resolve()
  }
  const end = informer.subscribe({ onAdd: look, onUpdate: (_, object) => look(object) })
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return promise.finally(() => {
    end()
    signal.removeEventListener('abort', abort)
  })
}
