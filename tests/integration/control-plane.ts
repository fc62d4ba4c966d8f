/** The real API server and the real controllers in one process, with a clock that the test moves and a node that says yes. */
import type { AdmissionPlugin } from '#apiserver/admission/admission.ts'
import { startTestServer } from '#apiserver/testing.ts'
import type { TestServer } from '#apiserver/testing.ts'
import type { Client } from '#client/client.ts'
import { createClient } from '#client/client.ts'
import type { Informers } from '#client/informers.ts'
import { createInformers } from '#client/informers.ts'
import type { ManualClock } from '#client/testing/manual-clock.ts'
import { createManualClock } from '#client/testing/manual-clock.ts'
import { createSeededRandom } from '#client/testing/seeded-random.ts'
import type { Transport } from '#client/transport.ts'
import type { Controller, ControllerStatistics } from '#controllers/driver/define-controller.ts'
import { runControllers } from '#controllers/driver/run-controllers.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { formatTime } from '#machinery/time.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { LogFields } from '#world/log.ts'
import { silentLog } from '#world/log.ts'
import { pod } from '#api/core/pod/pod.ts'

export interface ControlPlane extends AsyncDisposable {
  readonly server: TestServer['server']
  readonly clock: ManualClock
  readonly client: Client
  readonly informers: Informers
  readonly statistics: ReadonlyMap<string, ControllerStatistics>
  /** Lines of level warn and error. */
  readonly complaints: string[]
  /** Kills all controllers where they are, with their caches, and starts new ones. */
  restartControllers(): void
  /** Moves time on in steps of a second, letting everything settle after each. */
  run(seconds: number): Promise<void>
}

export interface ControlPlaneOptions {
  readonly controllers: readonly Controller[]
  /** Default: pods become Running and Ready one after the other as they appear; deleted ones vanish. */
  readonly withNode?: boolean
  /** What lies between the controllers' caches and the server. */
  readonly wrapWatches?: (transport: Transport, clock: ManualClock) => Transport
  readonly wrap?: (transport: Transport, serviceAccount: string) => Transport
  /** What the server serves; by default what it does by itself. */
  readonly kinds?: readonly AnyKind[]
  /** Default: none. */
  readonly admission?: readonly AdmissionPlugin[]
}

export function startControlPlane({
  controllers, withNode = true, wrap = (transport) => transport, wrapWatches = (transport) => transport, kinds, admission = [],
}: ControlPlaneOptions): ControlPlane {
  const clock = createManualClock()
  const { server } = startTestServer({
    clock, store: openVolatileStore({ clock }), ...(kinds && { kinds }),
    admission,
    subresources: new Map([['/namespaces/finalize', { type: 'rules', mayGet: false, variation: () => ({}) }]]),
  })
  const random = createSeededRandom(7)
  const stop = new AbortController()
  const complaints: string[] = []
  const complain = (message: string, fields?: LogFields): void => { complaints.push(`${message} ${JSON.stringify(fields)}`) }
  const log = { ...silentLog, warn: complain, error: complain, named: () => log }
  const admin = server.localTransport({ name: 'admin', groups: ['system:masters', 'system:authenticated'] })
  const statistics = new Map<string, ControllerStatistics>()
  const client = createClient(admin)
  const begin = () => {
    const life = new AbortController()
    const signal = AbortSignal.any([stop.signal, life.signal])
    const informers = createInformers({ transport: wrapWatches(admin, clock), clock, random, log, signal })
    const done = runControllers({
      controllers, informers, clock, random, log,
      transportFor: (serviceAccount) => wrap(server.localTransport({
        name: `system:serviceaccount:kube-system:${serviceAccount}`,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      }), serviceAccount),
      onStart: (name, counters) => { statistics.set(name, counters) },
    }, signal)
    return { life, informers, done }
  }
  let current = begin()
  const former: Promise<void>[] = []
  const informers = createInformers({ transport: admin, clock, random, log, signal: stop.signal })
  if (withNode) runNode(client, informers, clock)
  return {
    server, clock, client, informers, statistics, complaints,
    restartControllers() {
      current.life.abort()
      former.push(current.done, current.informers.stopped)
      current = begin()
    },
    async run(seconds) {
      for (let second = 0; second < seconds; second++) {
        await clock.advance(1000)
        // The server and its store use real turns of the event loop too.
        for (let turn = 0; turn < 5; turn++) {
          await new Promise((resolve) => { setImmediate(resolve) })
          await clock.settle()
        }
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all([...former, current.done, current.informers.stopped])
      await informers.stopped
    },
  }
}

/** One node without containers: what is created runs, what is deleted is gone. */
function runNode(client: Client, informers: Informers, clock: ManualClock): void {
  const handle = async (namespace: string, name: string): Promise<void> => {
    const pods = client.of(pod, namespace)
    const current = informers.of(pod).get(name, namespace)
    if (!current) return
    if (current.metadata.deletionTimestamp) await pods.delete(name, { gracePeriodSeconds: 0 })
    else if ((current.status?.phase ?? 'Pending') === 'Pending') {
      const time = formatTime(clock.now())
      await pods.updateStatus({
        ...current,
        status: {
          ...current.status, phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], startTime: time,
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }],
        },
      })
    }
  }
  const wake = (object: { readonly metadata: { readonly name: string; readonly namespace?: string } }): void => {
    void clock.sleep(500).then(() => handle(object.metadata.namespace ?? '', object.metadata.name)).catch(() => undefined)
  }
  informers.of(pod).subscribe({ onAdd: wake, onUpdate: (_, object) => wake(object) })
}
