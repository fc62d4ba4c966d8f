/** One seed: a cluster is built, used and maltreated; then it must come to rest, and rest. */
import { namespace } from '#api/core/namespace/namespace.ts'
import type { Node } from '#api/gen/core-v1.ts'
import type { Log, LogFields } from '#world/log.ts'
import { createCheckers } from './checkers/checkers.ts'
import { TimeStands } from './clock.ts'
import { ClusterLost } from './control-plane-machine.ts'
import type { Fault } from './faults/fault.ts'
import { chooseFaults, faults as allFaults } from './faults/faults.ts'
import type { Change } from './history.ts'
import { createLaboratory, explain, type Laboratory } from './laboratory.ts'
import { seededRandom, type SeededRandom } from './random.ts'
import type { Tampering } from './tampering.ts'
import { createTrace, type Trace } from './trace.ts'
import { runWorkload, tidyUp } from './workload.ts'

export interface SimulationOptions {
  readonly seed: number
  /** Of use and faults. The time to come to rest is on top. Default 0.1. */
  readonly hours?: number
  readonly nodes?: number
  /** Instead of those that the seed chooses. */
  readonly faults?: readonly string[] | undefined
  readonly tampering?: Tampering | undefined
  readonly print?: ((line: string) => void) | undefined
  /** Puts what components log into the trace. */
  readonly logs?: boolean
}

export interface Violation {
  readonly promise: string
  readonly what: string
  /** Milliseconds of virtual time. */
  readonly at: number
}

export interface SimulationResult {
  readonly seed: number
  readonly hash: string
  /** Writes, calls and faults. */
  readonly events: number
  readonly crashes: number
  readonly faults: readonly string[]
  /** Of virtual time, in milliseconds. */
  readonly elapsedMs: number
  /** How long it took to come to rest. */
  readonly settleMs: number
  readonly violations: readonly Violation[]
}

/** Nothing heals slower than a work queue's back-off, which grows to 1000 s, and a taint's toleration. */
const settleMsMax = 45 * 60_000
/** At rest nothing is written for this long but leases and events (and a node's status every five minutes). */
const restMs = 11 * 60_000
const checkEveryMs = 5_000
/** What a report holds; more of the same says nothing new. */
const violationsMax = 20
/** What components write without a reason. */
const heartbeats = new Set(['leases.coordination.k8s.io', 'events', 'events.events.k8s.io'])

/** Throws only if the simulation itself is broken. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, hours = 0.1, nodes = 3, tampering = {}, print } = options
  const random = seededRandom(seed)
  const trace = createTrace(print)
  const violations: Violation[] = []
  const checkers = createCheckers()
  const report = (promise: string, what: string): void => {
    if (violations.length >= violationsMax) return
    const at = lab?.clock.monotonic() ?? 0
    violations.push({ promise, what, at })
    trace.line(at, `VIOLATION ${promise}: ${what}`)
  }
  let atRest: ((change: Change) => void) | undefined
  let lab: Laboratory | undefined
  const laboratory = lab = await createLaboratory({
    nodes, random, trace, tampering, onViolation: report,
    log: logInto(
      () => lab?.clock.monotonic() ?? 0,
      options.logs ? trace : undefined,
      (what) => report('no component meets a bug', what),
    ),
    onChange(change) {
      for (const checker of checkers) {
        for (const what of checker.onChange?.(change, laboratory) ?? []) report(checker.promise, what)
      }
      atRest?.(change)
    },
    onAnswer(user, call, before) {
      for (const checker of checkers) {
        for (const what of checker.onAnswer?.(user, call, before, laboratory) ?? []) report(checker.promise, what)
      }
    },
  })
  const chosen = options.faults
    ? allFaults.filter(({ name }) => options.faults!.includes(name))
    : chooseFaults(random.fork('faults'))
  trace.line(0, `faults: ${chosen.map(({ name }) => name).join(', ') || 'none'}`)

  const unsettled = (): readonly (readonly [string, string])[] =>
    checkers.flatMap((checker) => (checker.settled?.(laboratory) ?? []).map((what) => [checker.promise, what] as const))
  let settleMs = 0
  const course = async (): Promise<void> => {
    await begin(laboratory, random)
    await use(laboratory, random, chosen, hours * 3_600_000)
    const faultsEndedAt = laboratory.clock.monotonic()
    settleMs = await settle(laboratory, random, unsettled, report)
    if (violations.length > 0) return
    laboratory.note(`at rest after ${Math.round((laboratory.clock.monotonic() - faultsEndedAt) / 1000)} s`)
    atRest = (change) => {
      if (isNeedless(change)) {
        report('nothing is written without a reason', `${change.type} ${change.resource} ${change.name}`)
      }
    }
    await laboratory.clock.sleep(restMs)
    atRest = undefined
    for (const [promise, what] of unsettled()) report(promise, `after a rest: ${what}`)
  }
  await laboratory.clock.drive(course()).catch((error: unknown) => {
    if (error instanceof TimeStands) report('nobody asks without a pause', error.message)
    else if (!(error instanceof ClusterLost)) throw error
  })
  return {
    seed,
    hash: trace.hash,
    events: trace.lines + laboratory.calls,
    crashes: laboratory.controlPlane.crashes,
    faults: chosen.map(({ name }) => name),
    elapsedMs: laboratory.clock.monotonic(),
    settleMs,
    violations,
  }
}

/** A cluster as an installation leaves it. */
async function begin(lab: Laboratory, random: SeededRandom): Promise<void> {
  await lab.controlPlane.start()
  for (const node of lab.nodes) await node.start()
  const client = lab.client({ name: 'installer', groups: ['system:masters'] }, random.fork('installer'))
  for (const name of ['team-a', 'team-b']) {
    await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  const isReady = (node: Node): boolean =>
    node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  const nodes = lab.history.of<Node>('nodes')
  while (![...nodes.values()].every((node) => isReady(node as Node)) || lab.history.of('nodes').size < lab.nodes.length) {
    await lab.clock.sleep(500)
  }
}

/** Users and faults at once. */
async function use(lab: Laboratory, random: SeededRandom, chosen: readonly Fault[], ms: number): Promise<void> {
  const end = new AbortController()
  lab.clock.schedule(ms, () => end.abort(new Error('the use is over')))
  await Promise.all([
    ...chosen.map((fault) => fault.run(lab, random.fork(fault.name), end.signal)),
    runWorkload(lab, random.fork('workload'), end.signal),
  ])
}

/** Waits until every checker is content, and gives how long that took; reports what still is not right in the end. */
async function settle(
  lab: Laboratory,
  random: SeededRandom,
  unsettled: () => readonly (readonly [string, string])[],
  report: (promise: string, what: string) => void,
): Promise<number> {
  const began = lab.clock.monotonic()
  lab.note('the faults are over')
  await tidyUp(lab, random.fork('tidy'))
  let content = 0
  while (lab.clock.monotonic() - began < settleMsMax) {
    await lab.clock.sleep(checkEveryMs)
    content = unsettled().length === 0 ? content + 1 : 0
    if (content >= 4) return lab.clock.monotonic() - began
  }
  for (const [promise, what] of unsettled()) report(promise, what)
  return lab.clock.monotonic() - began
}

/** Of a node's status only times change, and only every five minutes. */
function isNeedless({ resource, type, name, object, previous }: Change): boolean {
  if (heartbeats.has(resource)) return false
  // The port of a service that a crash kept from being made is given back minutes later; `port-repair` tells when.
  if (resource === 'others' && name.startsWith('/registry/ranges/')) return false
  if (resource !== 'nodes' || type !== 'updated') return true
  return withoutTimes(object as Node) !== withoutTimes(previous as Node)
}

function withoutTimes({ status }: Node): string {
  return JSON.stringify(
    status?.conditions?.map(({ type, status: value, reason, message }) => [type, value, reason, message]),
  )
}

/** An error in a log means that somebody must act: in a simulation that is always a bug. */
function logInto(now: () => number, trace: Trace | undefined, onError: (what: string) => void, component = ''): Log {
  const write = (level: string, message: string, fields: LogFields = {}): void => {
    trace?.line(now(), `${level} ${component}: ${message} ${formatFields(fields)}`)
  }
  return {
    error(message, fields = {}) {
      write('error', message, fields)
      onError(`${component}: ${message} ${formatFields(fields)}`)
    },
    warn: (message, fields) => write('warn', message, fields),
    info: (message, fields) => write('info', message, fields),
    debug: (message, fields) => write('debug', message, fields),
    named: (name) => logInto(now, trace, onError, component === '' ? name : `${component}/${name}`),
  }
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value instanceof Error ? explain(value) : JSON.stringify(value)}`)
    .join(' ')
}
