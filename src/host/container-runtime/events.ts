/**
 * What happens to containers, told by containerd's own event service: CRI's stream of them came only with
 * containerd 1.7.
 */
import { AsyncQueue } from '#base/async-queue.ts'
import { decodeProtobuf, encodeProtobuf } from '#machinery/codec/protobuf.ts'
import type { RuntimeEvent } from '#world/container-runtime.ts'
import { RpcError, type RpcChannel, type RpcStream } from '#world/rpc.ts'
import { events, runtimeService, type Envelope } from './gen/cri-schema.ts'
import { callRuntime, messageSchema, runtimeErrorOf } from './methods.ts'

type Told = Exclude<RuntimeEvent, { type: 'connected' }>['type']

const topics: Readonly<Record<string, Told>> = {
  '/tasks/start': 'started',
  '/tasks/exit': 'exited',
  '/tasks/oom': 'oom',
  '/containers/delete': 'removed',
}
const subscription = Object.keys(topics).map((topic) => `topic=="${topic}",namespace=="k8s.io"`)
const queuedMax = 20_000
const confirmTimeoutMs = 10_000

export async function* runtimeEvents(channel: RpcChannel, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  if (signal.aborted) return
  const queue = new AsyncQueue<RuntimeEvent>(queuedMax)
  const stop = new AbortController()
  const reading = read(channel, AbortSignal.any([signal, stop.signal]), queue)
  try {
    yield* queue
  } finally {
    stop.abort()
    await reading
  }
}

async function read(channel: RpcChannel, signal: AbortSignal, queue: AsyncQueue<RuntimeEvent>): Promise<void> {
  try {
    const stream = channel.stream(events.Subscribe.path, signal)
    const subscribed = subscribe(channel, stream).then(() => queue.tryPush({ type: 'connected' }))
    // A call that has failed says so at its end, too.
    subscribed.catch((error: unknown) => queue.fail(runtimeErrorOf(error)))
    for await (const message of stream.received) {
      const event = toEvent(decodeProtobuf(message, messageSchema(events.Subscribe.response)) as Envelope)
      if (event) queue.tryPush(event)
    }
    queue.end()
  } catch (error) {
    if (signal.aborted && error instanceof RpcError) queue.end()
    else queue.fail(runtimeErrorOf(error))
  }
}

/**
 * The server says nothing before the first event. A call on the same connection that comes back shows that it has read
 * ours too.
 */
async function subscribe(channel: RpcChannel, stream: RpcStream): Promise<void> {
  await stream.send(encodeProtobuf({ filters: subscription }, messageSchema(events.Subscribe.request)))
  stream.end()
  const version = encodeProtobuf({}, messageSchema(runtimeService.Version.request))
  await callRuntime(channel, runtimeService.Version.path, version, confirmTimeoutMs)
}

/** Ends of commands that run in a container beside its main process are not its end. */
function toEvent({ topic = '', event }: Envelope): RuntimeEvent | undefined {
  const type = topics[topic]
  if (!type || !event?.value) return undefined
  const name = topic === '/tasks/start' ? 'TaskStart' : topic === '/tasks/exit' ? 'TaskExit' : 'TaskOOM'
  if (topic === '/containers/delete') {
    // ContainerDelete has its id where TaskOOM has its container's.
    const { containerId } = decodeProtobuf(event.value, messageSchema('containerd.events.TaskOOM')) as {
      containerId?: string
    }
    return containerId ? { type, id: containerId } : undefined
  }
  const { containerId, id } = decodeProtobuf(event.value, messageSchema(`containerd.events.${name}`)) as {
    containerId?: string
    id?: string
  }
  if (!containerId || (name === 'TaskExit' && id !== undefined && id !== '' && id !== containerId)) return undefined
  return { type, id: containerId }
}
