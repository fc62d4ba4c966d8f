/** A whole cluster on one virtual clock and one seed, with everything about it that can be made to go wrong. */
import type { UserInfo } from '#apiserver/authn/authenticator.ts'
import { createClient, type Client } from '#client/client.ts'
import type { ApiCall, Transport } from '#client/transport.ts'
import { RuntimeError, type RuntimeErrorCode } from '#world/container-runtime.ts'
import type { Log } from '#world/log.ts'
import { createSimClock, type SimClock } from './clock.ts'
import { interpretCommand } from './container-runtime/script.ts'
import { createControlPlaneMachine, type ControlPlaneMachine } from './control-plane-machine.ts'
import { faultyTransport, perfectNetwork, type NetworkFaults } from './faults/transport.ts'
import { History, type Change } from './history.ts'
import { machineClock, type MachineClock } from './machine-clock.ts'
import { createNodeMachine, type NodeMachine } from './node-machine.ts'
import type { SimProcess } from './process.ts'
import type { SeededRandom } from './random.ts'
import type { Tampering } from './tampering.ts'
import type { Trace } from './trace.ts'

/** What faults turn, and everything else obeys. */
export interface Conditions {
  network: NetworkFaults
  /** Probability that pulling an image fails, and that any other call of a runtime does. */
  pullFailure: number
  runtimeFailure: number
  /** Whether the registry has what users ask for by the name of `missing`. */
  hasMissingImages: boolean
  /** Whether all machines have the same time. */
  areClocksRight: boolean
}

export interface Laboratory {
  readonly clock: SimClock
  readonly controlPlane: ControlPlaneMachine
  /** The wall clock of the control plane's machine. */
  readonly controlPlaneClock: MachineClock
  readonly nodes: readonly NodeMachine[]
  readonly history: History
  readonly conditions: Conditions
  /** Over the same network as everybody. */
  client(user: UserInfo, random: SeededRandom): Client
  /** One line of the trace about something that is not a write. */
  note(text: string): void
  /** Calls of the API that were answered. */
  readonly calls: number
}

export interface LaboratoryOptions {
  readonly nodes: number
  readonly random: SeededRandom
  readonly log: Log
  readonly trace: Trace
  readonly tampering: Tampering
  readonly onChange: (change: Change) => void
  /** A component of the control plane was answered with success. `before`: the object, as it was when it asked. */
  readonly onAnswer: (user: string, call: ApiCall, before: Change['object'] | undefined) => void
  readonly onViolation: (promise: string, what: string) => void
}

/** Far beyond what a few dozen pods can cause, and far below what a loop without a pause does. */
const callsPerSecondMax = 1_000
const failures: readonly RuntimeErrorCode[] = ['Unavailable', 'Unknown', 'DeadlineExceeded', 'Internal']
/** Calls whose failure is worth simulating; the others only list. */
const fallible = new Set([
  'runSandbox',
  'stopSandbox',
  'removeSandbox',
  'createContainer',
  'startContainer',
  'stopContainer',
  'removeContainer',
])

export async function createLaboratory(options: LaboratoryOptions): Promise<Laboratory> {
  const { random, log, trace, tampering, onChange, onAnswer, onViolation } = options
  const clock = createSimClock()
  const controlPlaneClock = machineClock(clock)
  const conditions: Conditions = {
    network: perfectNetwork,
    pullFailure: 0,
    runtimeFailure: 0,
    hasMissingImages: false,
    areClocksRight: true,
  }
  const note = (text: string): void => trace.line(clock.monotonic(), text)
  const history = new History(() => clock.monotonic(), (change, checksum) => {
    const { revision, type, resource, name } = change
    note(`${revision} ${type} ${resource} ${name} ${checksum.toString(16)}`)
    onChange(change)
  })
  let calls = 0
  const rate = createRateLimit(clock, (user) =>
    onViolation('nobody asks without a pause', `${user} made ${callsPerSecondMax} calls within a second`),
  )

  const network = (transport: Transport, process: Pick<SimProcess, 'clock' | 'guard'>, own: SeededRandom): Transport =>
    faultyTransport(transport, {
      clock: process.clock,
      guard: process.guard,
      random: own,
      faults: () => conditions.network,
      onFault: (what) => note(`network ${what}`),
    })
  const watched = (transport: Transport, user: string): Transport => ({
    async call(call, callOptions) {
      calls++
      if (rate(user)) await never
      const before =
        call.verb === 'delete' || call.verb === 'update' ? history.of(resourceOf(call)).get(nameOf(call)) : undefined
      const answer = await transport.call(call, callOptions)
      onAnswer(user, call, before)
      return answer
    },
    watch: (path, watchOptions, signal) => transport.watch(path, watchOptions, signal),
    document: (path, documentOptions) => transport.document(path, documentOptions),
  })
  const controlPlane = createControlPlaneMachine({
    clock: controlPlaneClock, random: random.fork('control-plane'), log, history, tampering,
    network: (transport, user, process) =>
      network(watched(transport, user.name), process, random.fork(`network ${user.name}`)),
    onLost: ({ key, what }) => onViolation('no acknowledged write is lost', `${key} ${what}`),
    onFailure: (error) => onViolation('components do not end by themselves', `control plane: ${explain(error)}`),
  })
  const chance = random.fork('runtimes')
  const nodes: NodeMachine[] = []
  for (let index = 1; index <= options.nodes; index++) {
    nodes.push(await createNodeMachine({
      index, clock, random: random.fork(`node ${index}`), log, tampering,
      catalog: (image) => (image.includes('missing') && !conditions.hasMissingImages ? undefined : {
        container: interpretCommand, pullMs: 500,
        ...(fails(chance, conditions.pullFailure) && {
          pullError: `failed to pull and unpack image "${image}": connection reset by peer`,
        }),
      }),
      runtimeFault: (verb) => (fallible.has(verb) && fails(chance, conditions.runtimeFailure)
        ? new RuntimeError(chance.pick(failures), `simulated failure of ${verb}`) : undefined),
      network: (user, process) =>
        network(
          watched(controlPlane.transport(user), user.name),
          process,
          random.fork(`network ${index} ${user.name}`),
        ),
      onFailure: (error) => onViolation('components do not end by themselves', `node-${index}: ${explain(error)}`),
    }))
  }
  const outside: Pick<SimProcess, 'clock' | 'guard'> = { clock, guard: (promise) => promise }
  return {
    clock, controlPlane, controlPlaneClock, nodes, history, conditions, note,
    client: (user, own) => createClient(network(watched(controlPlane.transport(user), user.name), outside, own)),
    get calls() { return calls },
  }
}

/** A loop without a wait would stop time: it is told of, and then not answered any more, so that the rest can go on. */
const never = new Promise<void>(() => {})

/** Counts calls of each user in each second of virtual time. True for users that were too fast once. */
function createRateLimit(clock: SimClock, onExcess: (user: string) => void): (user: string) => boolean {
  const counts = new Map<string, number>()
  const banned = new Set<string>()
  let second = 0
  return (user) => {
    const now = Math.floor(clock.monotonic() / 1000)
    if (now !== second) counts.clear()
    second = now
    const count = (counts.get(user) ?? 0) + 1
    counts.set(user, count)
    if (count === callsPerSecondMax) {
      onExcess(user)
      banned.add(user)
    }
    return banned.has(user)
  }
}

function fails(random: SeededRandom, probability: number): boolean {
  return probability > 0 && random.chance(probability)
}

function resourceOf({ path }: ApiCall): string {
  return path.group === '' ? path.resource : `${path.resource}.${path.group}`
}

function nameOf({ path }: ApiCall): string {
  return path.namespace ? `${path.namespace}/${path.name ?? ''}` : path.name ?? ''
}

export function explain(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error)
}
