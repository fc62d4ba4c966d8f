/** world/machine on Linux: /proc, /sys and sockets. */
import { readFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import * as os from 'node:os'
import { RuntimeError } from '#world/container-runtime.ts'
import type { Machine, MachineFacts } from '#world/machine.ts'

export function createMachine(): Machine {
  return { facts, memory, cpuUsageNanoseconds, processes, dialTcp, checkGrpcHealth, resolverConfiguration }
}

/** Empty when the file is not there or not for us. */
async function text(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return ''
    throw error
  }
}

async function facts(): Promise<MachineFacts> {
  const [machineId, productUuid, bootId, release, meminfo] = await Promise.all([
    text('/etc/machine-id'),
    text('/sys/class/dmi/id/product_uuid'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/etc/os-release'),
    text('/proc/meminfo'),
  ])
  const addresses = Object.values(os.networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
  return {
    hostname: os.hostname().toLowerCase(),
    machineId,
    systemUuid: productUuid || machineId,
    bootId,
    kernelVersion: os.release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? 'Linux',
    operatingSystem: 'linux',
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    cpuCount: os.availableParallelism(),
    memoryBytes: kibibytes(meminfo, 'MemTotal'),
    swapBytes: kibibytes(meminfo, 'SwapTotal'),
    addresses,
  }
}

function kibibytes(meminfo: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
}

async function memory() {
  const meminfo = await text('/proc/meminfo')
  return { totalBytes: kibibytes(meminfo, 'MemTotal'), availableBytes: kibibytes(meminfo, 'MemAvailable') }
}

/** All but idle and waiting time; the kernel counts in hundredths of a second. */
async function cpuUsageNanoseconds(): Promise<number> {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    (await text('/proc/stat')).split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * 10_000_000
}

async function processes() {
  const [load, pidMax, threadsMax] = await Promise.all([
    text('/proc/loadavg'),
    text('/proc/sys/kernel/pid_max'),
    text('/proc/sys/kernel/threads-max'),
  ])
  return {
    current: Number(/\d+\/(\d+)/.exec(load)?.[1] ?? 0),
    limit: Math.min(Number(pidMax) || Number.MAX_SAFE_INTEGER, Number(threadsMax) || Number.MAX_SAFE_INTEGER),
  }
}

/** Go's words for the errors that people know. */
const phrases: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ECONNRESET: 'read: connection reset by peer',
}

function dialError(host: string, port: number, error: NodeJS.ErrnoException): Error {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Error(`dial tcp ${address}: ${phrases[error.code ?? ''] ?? error.message}`, { cause: error })
}

function dialTcp(host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    socket.setTimeout(timeoutMs, () => socket.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })))
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', (error) => reject(dialError(host, port, error)))
  })
}

/** grpc.health.v1.HealthCheckResponse.ServingStatus, by number. */
const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/** The request is one text field, the answer one number: a codec would be longer. */
function checkGrpcHealth(host: string, port: number, service: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
    let status: string | undefined
    let failure: Error | undefined
    const timer = setTimeout(() => finish(new RuntimeError('DeadlineExceeded', 'context deadline exceeded')), timeoutMs)
    const finish = (error: Error | undefined): void => {
      clearTimeout(timer)
      session.destroy()
      if (error) reject(error)
      else resolve(status ?? 'UNKNOWN')
    }
    session.on('error', (error) => finish(new RuntimeError('Unavailable', dialError(host, port, error).message)))
    const stream = session.request({
      ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers',
    })
    const readStatus = (headers: Readonly<Record<string, unknown>>): void => {
      const code = headers['grpc-status']
      if (code !== undefined && code !== '0') {
        failure = new RuntimeError(
          code === '12' ? 'Unimplemented' : code === '5' ? 'NotFound' : 'Unknown',
          String(headers['grpc-message'] ?? ''),
        )
      }
    }
    stream.on('response', readStatus)
    stream.on('trailers', readStatus)
    stream.on('data', (chunk: Buffer) => {
      status = servingStatuses[chunk.length >= 7 && chunk[5] === 8 ? chunk[6]! : 0]
    })
    stream.on('error', (error) => finish(new RuntimeError('Unavailable', error.message)))
    stream.on('close', () => finish(failure))
    const name = Buffer.from(service)
    const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name])
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]))
  })
}

async function resolverConfiguration(path: string): Promise<string> {
  return await text(path)
}
