/** Calls into a container: commands, HTTP, TCP and gRPC, for probes and for lifecycle hooks. */
import { utf8Decode } from '#base/bytes.ts'
import type { Clock } from '#world/clock.ts'
import { RuntimeError, type ContainerRuntime } from '#world/container-runtime.ts'
import type { HttpClient, IncomingResponse } from '#world/http.ts'
import type { Machine } from '#world/machine.ts'
import type { AnyContainer, LifecycleHandler, Probe } from '../types.ts'

export interface HandlerContext {
  readonly runtime: ContainerRuntime
  readonly http: HttpClient
  readonly machine: Machine
  readonly clock: Clock
}

export interface HandlerTarget {
  readonly containerId: string
  readonly container: AnyContainer
  readonly podIp: string
}

/** `failure`: the container says no. `error`: it could not be asked; a probe then says nothing. */
export interface Verdict {
  readonly result: 'success' | 'failure' | 'error'
  readonly output: string
}

const outputLimitBytes = 10 * 1024
const redirectsMax = 10
const userAgent = 'kube-probe/1.36'

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>

/** Never throws. `timeoutMs` bounds everything but `sleep`. */
export async function runHandler(
  context: HandlerContext, target: HandlerTarget, handler: Handler, timeoutMs: number,
): Promise<Verdict> {
  if (handler.exec) return await runCommand(context, target, handler.exec.command ?? [], timeoutMs)
  if (handler.httpGet) return await getHttp(context, target, handler.httpGet, timeoutMs)
  if (handler.tcpSocket) return await dial(context, target, handler.tcpSocket, timeoutMs)
  if (handler.grpc) return await askGrpc(context, target, handler.grpc, timeoutMs)
  if (handler.sleep) {
    await context.clock.sleep(handler.sleep.seconds * 1000)
    return { result: 'success', output: '' }
  }
  return { result: 'error', output: 'missing probe handler' }
}

async function runCommand(
  { runtime }: HandlerContext, target: HandlerTarget, command: readonly string[], timeoutMs: number,
): Promise<Verdict> {
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(
      target.containerId,
      command,
      Math.ceil(timeoutMs / 1000),
    )
    const output = utf8Decode(stdout.subarray(0, outputLimitBytes)) + utf8Decode(stderr.subarray(0, outputLimitBytes))
    return { result: exitCode === 0 ? 'success' : 'failure', output: output.slice(0, outputLimitBytes) }
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'DeadlineExceeded') {
      return {
        result: 'failure',
        output: `command timed out: "${command.join(' ')}" timed out after ${Math.ceil(timeoutMs / 1000)}s`,
      }
    }
    return { result: 'error', output: describe(error) }
  }
}

/** A port by number, or by the name that the container gives it. */
function resolvePort(port: string | number | undefined, container: AnyContainer): number | undefined {
  const number = typeof port === 'number' ? port : Number.parseInt(port ?? '', 10)
  if (Number.isInteger(number) && String(number) === String(port)) {
    return number > 0 && number < 65536 ? number : undefined
  }
  return container.ports?.find(({ name }) => name === port)?.containerPort
}

type HttpGet = NonNullable<Probe['httpGet']>

async function getHttp(
  { http, clock }: HandlerContext, target: HandlerTarget, get: HttpGet, timeoutMs: number,
): Promise<Verdict> {
  const port = resolvePort(get.port, target.container)
  if (port === undefined) return { result: 'error', output: `couldn't find port: ${String(get.port)}` }
  const scheme = (get.scheme ?? 'HTTP').toLowerCase()
  const host = get.host || target.podIp
  const path = get.path ?? '/'
  let url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path.startsWith('/') ? '' : '/'}${path}`
  // A connection that is kept would tell of the server that was there before, not of the one that is there now.
  const headers: Record<string, string> = { 'user-agent': userAgent, accept: '*/*', connection: 'close' }
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value
  const abort = new AbortController()
  const timer = clock.schedule(timeoutMs, () => abort.abort(new Error('timeout')))
  try {
    for (let hop = 0; hop < redirectsMax; hop++) {
      const response = await http.request(
        { method: 'GET', url, headers, ...(scheme === 'https' && { tls: { insecure: true } }) },
        abort.signal,
      )
      const next = redirectOf(response, url)
      if (next === undefined || next.host !== new URL(url).host) return await judge(response)
      url = next.toString()
    }
    return { result: 'failure', output: `Get "${url}": stopped after 10 redirects` }
  } catch (error) {
    const cause = abort.signal.aborted
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : describe(error)
    return { result: 'failure', output: `Get "${url}": ${cause}` }
  } finally {
    timer.cancel()
  }
}

function redirectOf(response: IncomingResponse, base: string): URL | undefined {
  const location = response.headers['location']
  if (response.status < 300 || response.status > 399 || !location || !URL.canParse(location, base)) return undefined
  return new URL(location, base)
}

async function judge(response: IncomingResponse): Promise<Verdict> {
  const isHealthy = response.status >= 200 && response.status < 400
  const body = await response.readBody(outputLimitBytes).catch(() => new Uint8Array())
  return isHealthy
    ? { result: 'success', output: utf8Decode(body) }
    : { result: 'failure', output: `HTTP probe failed with statuscode: ${response.status}` }
}

async function dial(
  { machine }: HandlerContext, target: HandlerTarget, socket: NonNullable<Probe['tcpSocket']>, timeoutMs: number,
): Promise<Verdict> {
  const port = resolvePort(socket.port, target.container)
  if (port === undefined) return { result: 'error', output: `couldn't find port: ${String(socket.port)}` }
  try {
    await machine.dialTcp(socket.host || target.podIp, port, timeoutMs)
    return { result: 'success', output: '' }
  } catch (error) {
    return { result: 'failure', output: describe(error) }
  }
}

async function askGrpc(
  { machine }: HandlerContext,
  target: HandlerTarget,
  grpc: NonNullable<Probe['grpc']>,
  timeoutMs: number,
): Promise<Verdict> {
  const address = `${target.podIp}:${grpc.port}`
  const timeout = `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: context deadline exceeded`
  try {
    const status = await machine.checkGrpcHealth(target.podIp, grpc.port, grpc.service ?? '', timeoutMs)
    if (status === 'SERVING') return { result: 'success', output: 'service healthy' }
    return { result: 'failure', output: `service unhealthy (responded with "${status}")` }
  } catch (error) {
    if (!(error instanceof RuntimeError)) return { result: 'failure', output: describe(error) }
    if (error.code === 'Unimplemented') {
      return {
        result: 'failure',
        output: `this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.message}`,
      }
    }
    if (error.code === 'DeadlineExceeded' || error.code === 'Unavailable') return { result: 'failure', output: timeout }
    return {
      result: 'failure', output: `health rpc probe failed: rpc error: code = ${error.code} desc = ${error.message}`,
    }
  }
}

function describe(error: unknown): string {
  if (error instanceof RuntimeError) return `rpc error: code = ${error.code} desc = ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
