/**
 * exec, attach, port-forward: the runtime has a streaming server that speaks SPDY and websockets; this passes
 * bytes to and fro.
 */
import { concatBytes, utf8Encode } from '#base/bytes.ts'
import { RuntimeError } from '#world/container-runtime.ts'
import type { HttpResponse, RawConnection } from '#world/http.ts'
import { podUid } from '../pods/identity.ts'
import type { ObservedContainer } from '../pods/plan.ts'
import { text, type KubeletExchange } from './exchange.ts'
import { findContainer, findPod } from './find.ts'

export async function serveExec(exchange: KubeletExchange): Promise<HttpResponse> {
  const target = findRunning(exchange)
  if ('status' in target) return target
  const streams = streamsOf(exchange.query)
  const command = exchange.query.getAll('command')
  if (!streams) return text(400, 'you must specify at least 1 of stdin, stdout, stderr')
  return await forward(exchange, () =>
    exchange.kubelet.services.runtime.execUrl({ containerId: target.container.id, command, ...streams }))
}

export async function serveAttach(exchange: KubeletExchange): Promise<HttpResponse> {
  const target = findRunning(exchange)
  if ('status' in target) return target
  const streams = streamsOf(exchange.query)
  if (!streams) return text(400, 'you must specify at least 1 of stdin, stdout, stderr')
  // Whether there is a terminal was decided when the container was made.
  const tty = target.tty
  return await forward(exchange, () => exchange.kubelet.services.runtime.attachUrl({
    containerId: target.container.id, ...streams, tty, stderr: streams.stderr && !tty,
  }))
}

export async function servePortForward(exchange: KubeletExchange): Promise<HttpResponse> {
  const { kubelet, parts, query } = exchange
  const [namespace = '', podName = '', uid] = parts
  const pod = findPod(kubelet, namespace, podName, uid)
  if (!pod) return text(404, 'pod does not exist\n')
  const sandbox = kubelet.services.cache.forPod(podUid(pod)).sandboxes.find(({ ready }) => ready)
  if (!sandbox) return text(500, `unable to find running sandbox of pod "${podName}_${namespace}"\n`)
  const ports = [...query.getAll('port'), ...query.getAll('ports')].flatMap((list) => list.split(',')).map(Number)
    .filter((port) => Number.isInteger(port) && port > 0 && port < 65536)
  return await forward(exchange, () => kubelet.services.runtime.portForwardUrl(sandbox.id, ports))
}

/** `cmd` to its end; gives what it wrote. */
export async function serveRun(exchange: KubeletExchange): Promise<HttpResponse> {
  const target = findRunning(exchange)
  if ('status' in target) return target
  const command = (exchange.query.get('cmd') ?? '').split(' ')
  const { stdout, stderr, exitCode } = await exchange.kubelet.services.runtime.execSync(target.container.id, command, 0)
  const complaint = exitCode === 0 ? [] : [utf8Encode(`command '${command.join(' ')}' exited with ${exitCode}`)]
  const status = exitCode === 0 ? 200 : 500
  const body = { type: 'bytes' as const, chunks: [concatBytes([stdout, stderr, ...complaint])] }
  return { status, headers: { 'content-type': 'text/plain' }, body }
}

function findRunning(
  { kubelet, parts }: KubeletExchange,
): HttpResponse | { readonly container: ObservedContainer; readonly tty: boolean } {
  const [namespace = '', podName = ''] = parts
  const containerName = parts.at(-1) ?? ''
  const pod = findPod(kubelet, namespace, podName, parts.length === 4 ? parts[2] : undefined)
  if (!pod) return text(404, 'pod does not exist\n')
  const { statuses, container } = findContainer(kubelet, pod, containerName)
  const status = statuses[0]
  if (status?.state !== 'running') {
    return text(500, `unable to upgrade connection: container not found ("${containerName}")`)
  }
  return { container: status, tty: container?.tty ?? false }
}

function streamsOf(query: URLSearchParams) {
  const flag = (...names: readonly string[]): boolean =>
    names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''))
  const streams = {
    stdin: flag('input', 'stdin'), stdout: flag('output', 'stdout'), stderr: flag('error', 'stderr'), tty: flag('tty'),
  }
  if (!streams.stdin && !streams.stdout && !streams.stderr) return undefined
  // A terminal has one output.
  return { ...streams, stderr: streams.stderr && !streams.tty }
}

const hopHeaders = ['host', 'authorization', 'content-length']
const knownProtocols = [
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  '',
  'portforward.k8s.io',
  'v4.base64.portforward.k8s.io',
  'v4.channel.portforward.k8s.io',
]

async function forward(
  { request, httpClient, log }: KubeletExchange,
  openUrl: () => Promise<string>,
): Promise<HttpResponse> {
  if (!request.upgrade) return text(400, 'Upgrade request required')
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  if (
    request.upgrade.protocol.toLowerCase() === 'websocket'
    && !offered.some((protocol) => knownProtocols.includes(protocol))
  ) {
    // A client that gets this tries SPDY next.
    return text(
      400,
      `unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${knownProtocols.filter(Boolean).join(' ')}]`,
    )
  }
  let url: string
  try {
    url = await openUrl()
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error
    return text(500, `unable to upgrade connection: ${error.message}`)
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name, value]) => value !== undefined && !hopHeaders.includes(name)),
  ) as Record<string, string>
  const lifetime = new AbortController()
  const outcome = await httpClient.upgrade({ method: request.method, url, headers }, lifetime.signal)
  if (outcome.type === 'refused') {
    const body = await outcome.response.readBody(64 * 1024)
    return {
      status: outcome.response.status,
      headers: { 'content-type': 'text/plain' },
      body: { type: 'bytes', chunks: [body] },
    }
  }
  const client = request.upgrade.accept()
  const lines = Object.entries(outcome.head.headers)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`)
  await client.write(utf8Encode(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`))
  await Promise.all([pipe(client, outcome.connection), pipe(outcome.connection, client)]).catch((error: unknown) =>
    log.debug('a stream broke off', { path: request.path, error: String(error) }),
  )
  client.destroy()
  outcome.connection.destroy()
  return { status: 101, headers: {}, body: { type: 'upgraded' } }
}

/** The end of one direction ends the writing of the other; an error ends both at once. */
async function pipe(from: RawConnection, to: RawConnection): Promise<void> {
  try {
    for await (const chunk of from.received) await to.write(chunk)
    to.end()
  } catch (error) {
    from.destroy()
    to.destroy()
    throw error
  }
}
