/** The machine of the control plane: a disk that outlives crashes, and a process that does not. */
import type { UserInfo } from '#apiserver/authn/authenticator.ts'
import type { NodeConnections } from '#apiserver/subresources/node-connection.ts'
import type { ServerVersion } from '#apiserver/version.ts'
import type { Transport } from '#client/transport.ts'
import { createControlPlane, type ControlPlane } from '#cluster/control-plane.ts'
import { serviceUnavailable } from '#machinery/errors/api-error.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import { StoreCorrupted, type Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { simulatedCrypto } from './crypto.ts'
import { createSimDisk, type CrashOutcome, type SimDisk } from './disk.ts'
import type { History, LostWrite } from './history.ts'
import { ConnectionLost, startProcess, type SimProcess } from './process.ts'
import type { SeededRandom } from './random.ts'
import type { Tampering } from './tampering.ts'

export interface ControlPlaneMachineOptions {
  readonly clock: Clock
  readonly random: SeededRandom
  readonly log: Log
  readonly history: History
  readonly tampering: Tampering
  /** The network between the components of the control plane's process and its server. */
  readonly network: (transport: Transport, user: UserInfo, process: SimProcess) => Transport
  readonly onLost: (lost: LostWrite) => void
  /** A component ended by itself, which none may. */
  readonly onFailure: (error: unknown) => void
}

export interface ControlPlaneMachine {
  readonly isUp: boolean
  /** How often a process was killed. */
  readonly crashes: number
  readonly disk: SimDisk
  /** Reads back the disk and starts everything. Resolves when it serves. */
  start(): Promise<void>
  /** The process dies at once, wherever it is; of what was not synced remains what `outcome` says. */
  crash(outcome: CrashOutcome): void
  /** For clients outside of the process. Calls fail while it is down, and those under way when it dies. */
  transport(user: UserInfo): Transport
}

/** Nothing can be done with this cluster any more; why has been told. */
export class ClusterLost extends Error {}

const version: ServerVersion = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0+skiff.simulated',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'simulated',
  compiler: 'simulated',
  platform: 'linux/amd64',
}
export const serviceCidr = '10.96.0.0/16'
const rootCertificate = '-----BEGIN CERTIFICATE-----\nc2ltdWxhdGVk\n-----END CERTIFICATE-----\n'
/** Small, so that segments and snapshots turn over within minutes. */
const logOptions = { firstSegmentBytes: 128 * 1024, segmentBytes: 256 * 1024, snapshotAfterBytes: 512 * 1024 }

interface Life {
  readonly process: SimProcess
  readonly store: Store
  readonly controlPlane: ControlPlane
}

export function createControlPlaneMachine(options: ControlPlaneMachineOptions): ControlPlaneMachine {
  const { clock, random, log, history, tampering, network, onLost, onFailure } = options
  const plainDisk = createSimDisk()
  const disk = tampering.disk?.(plainDisk) ?? plainDisk
  const serviceAccountKey = simulatedCrypto(random.fork('key')).generateKey().pem
  let life: Life | undefined
  let starting: SimProcess | undefined
  let starts = 0
  let crashes = 0

  async function begin(process: SimProcess): Promise<void> {
    const own = random.fork(`life ${starts}`)
    const store = await openEmbeddedStore({
      disk,
      directory: '/store',
      clock: process.clock,
      log: process.log,
      options: logOptions,
    })
    if (!process.isAlive) return
    for (const lost of history.recover(store)) onLost(lost)
    const tampered = tampering.store?.(store) ?? store
    const controlPlane = createControlPlane(
      {
        store: history.recording(tampered),
        clock: process.clock,
        random: own,
        crypto: simulatedCrypto(own.fork('crypto')),
        log: process.log,
        serviceAccountKey,
        rootCertificate,
        clusterDomain: 'cluster.local',
        serviceCidr,
        advertiseAddress: '192.0.2.10',
        port: 6443,
        version,
        nodes: unreachable,
        wrapTransport: (transport, user) =>
          network(tampering.transport?.(transport, user.name) ?? transport, user, process),
      },
      process.signal,
    )
    controlPlane.run(process.signal).then(
      () => {
        if (process.isAlive && !process.signal.aborted) onFailure(new Error('the control plane ended by itself'))
      },
      (error: unknown) => {
        if (process.isAlive && !process.signal.aborted) onFailure(error)
      },
    )
    life = { process, store, controlPlane }
    await process.guard(controlPlane.started)
  }

  return {
    disk,
    get isUp() { return life?.process.isAlive ?? false },
    get crashes() { return crashes },
    async start() {
      starts++
      const process = starting = startProcess('control-plane', clock, log)
      try {
        await begin(process)
      } catch (error) {
        if (!process.isAlive) return
        if (error instanceof StoreCorrupted) onLost({ key: '', what: error.message })
        else onFailure(error)
        throw new ClusterLost('the control plane cannot start', { cause: error })
      }
    },
    crash(outcome) {
      crashes++
      disk.crash(outcome)
      life = undefined
      starting?.kill()
    },
    transport: (user) => ({
      async call(call, callOptions) {
        const { process, controlPlane } = running(life)
        return await process.guard(serverSide(controlPlane, user).call(call, callOptions))
      },
      async document(path, documentOptions) {
        const { process, controlPlane } = running(life)
        return await process.guard(serverSide(controlPlane, user).document(path, documentOptions))
      },
      async *watch(path, watchOptions, signal) {
        const { process, controlPlane } = running(life)
        const stream = serverSide(controlPlane, user).watch(path, watchOptions, signal)[Symbol.asyncIterator]()
        for (let step = await process.guard(stream.next()); !step.done; step = await process.guard(stream.next())) {
          yield step.value
        }
      },
    }),
  }

  function serverSide(controlPlane: ControlPlane, user: UserInfo): Transport {
    const direct = controlPlane.server.localTransport(user)
    return tampering.transport?.(direct, user.name) ?? direct
  }
}

function running(life: Life | undefined): Life {
  if (!life?.process.isAlive) throw new ConnectionLost('connect ECONNREFUSED')
  return life
}

const unreachable: NodeConnections = {
  connect() { throw serviceUnavailable('simulated nodes serve nothing') },
  http: {
    request: () => Promise.reject(new ConnectionLost('connect EHOSTUNREACH')),
    upgrade: () => Promise.reject(new ConnectionLost('connect EHOSTUNREACH')),
  },
}
