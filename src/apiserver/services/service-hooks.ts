/** Gives services their cluster IPs and node ports, and takes them back. */
import { needsHealthCheckNodePort, needsNodePort, prepareServiceCreate } from '#api/core/service/service-defaults.ts'
import { service as serviceKind } from '#api/core/service/service.ts'
import type { Service } from '#api/gen/core-v1.ts'
import type { Cidr } from '#base/ip.ts'
import { internalError, invalid, type ApiError } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Random } from '#world/random.ts'
import type { KindHooks, Reservation } from '../rest/context.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeLean } from '../rest/stored-form.ts'
import { AddressRanges } from './address-ranges.ts'
import { IpError, type AddressOwner } from './ip-allocator.ts'
import { initializeIpFamilies, isUnchangedPreferDualStack, type IpFamily } from './ip-families.ts'
import { NodePorts, type NodePortsOptions } from './node-ports.ts'
import { PortError } from './port-allocator.ts'

export interface ServiceHooksOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** One for each family; the first is the default. */
  readonly clusterCidrs: readonly Cidr[]
  readonly nodePorts: NodePorts
}

/** The hooks of Services. What is in use is looked up in the store each time: other servers write there, too. */
export function serviceHooks(options: ServiceHooksOptions): KindHooks {
  const ips = new AddressRanges(options)
  const { nodePorts: ports } = options
  return {
    beforeCreate: async (object, scope, dryRun) => {
      const service = object as Service
      prepareServiceCreate(service)
      return await allocate({ service, old: undefined, ips, ports, dryRun, name: scope.name })
    },
    beforeUpdate: async (object, old, scope, dryRun) => {
      if (scope.subresource !== '') return undefined
      return await allocate({
        service: object as Service, old: old as Stored<Service>, ips, ports, dryRun, name: scope.name,
      })
    },
    async afterDelete(old) {
      const { spec } = old as Stored<Service>
      for (const text of spec?.clusterIPs ?? []) await ips.release(text)
      await ports.release(nodePortsOf(old as Stored<Service>))
    },
  }
}

interface Allocation {
  readonly service: Service
  readonly old: Stored<Service> | undefined
  readonly ips: AddressRanges
  readonly ports: NodePorts
  readonly dryRun: boolean
  readonly name: string
}

/** What was taken for this write, and what the write makes free. */
interface Books {
  readonly takenIps: string[]
  readonly freedIps: string[]
  readonly takenPorts: number[]
  readonly freedPorts: number[]
}

async function allocate(allocation: Allocation): Promise<Reservation> {
  const { service, old, ips, ports, dryRun } = allocation
  const errors = initializeIpFamilies(service, old, ips.families)
  if (errors.length > 0) throw refuse(service, errors)
  const books: Books = { takenIps: [], freedIps: [], takenPorts: [], freedPorts: [] }
  const release = async (addresses: readonly string[], numbers: readonly number[]): Promise<void> => {
    await ports.release(numbers)
    for (const text of addresses) await ips.release(text)
  }
  const rollback = (): Promise<void> => release(books.takenIps, books.takenPorts)
  try {
    await allocateIps(allocation, books)
    await allocatePorts(allocation, books)
    await allocateHealthCheckPort(allocation, books)
  } catch (error) {
    await rollback()
    if (error instanceof FieldFault) throw refuse(service, [error.fault])
    throw error
  }
  return {
    rollback,
    commit: () => (dryRun ? undefined : release(books.freedIps, books.freedPorts)),
  }
}

class FieldFault extends Error {
  readonly fault: FieldError
  constructor(fault: FieldError) {
    super(fault.message)
    this.fault = fault
  }
}

function refuse(service: Service, errors: readonly FieldError[]): ApiError {
  return invalid({ group: '', resource: 'Service' }, service.metadata?.name ?? '', errors)
}

async function allocateIps({ service, old, ips, dryRun }: Allocation, books: Books): Promise<void> {
  const spec = service.spec!
  if (isUnchangedPreferDualStack(service, old)) return
  const had = old?.spec?.type !== 'ExternalName' && old?.spec?.clusterIPs?.[0] !== 'None' ? [
    ...(old?.spec?.clusterIPs ?? []),
  ] : []
  if (spec.type === 'ExternalName') {
    books.freedIps.push(...had)
    return
  }
  if (spec.clusterIPs?.[0] === 'None' || spec.clusterIP === 'None' || old?.spec?.clusterIPs?.[0] === 'None') return
  const owner: AddressOwner = { namespace: service.metadata?.namespace ?? '', name: service.metadata?.name ?? '' }
  const wanted = [...(spec.clusterIPs ?? [])]
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    const text = wanted[index] ?? ''
    if (text !== '' && text === had[index]) continue
    wanted[index] = await takeIp(ips, family as IpFamily, text, owner, dryRun, spec.clusterIPs)
    if (!dryRun) books.takenIps.push(wanted[index])
  }
  books.freedIps.push(...had.filter((text) => !wanted.includes(text)))
  spec.clusterIPs = wanted
  spec.clusterIP = wanted[0]!
}

async function takeIp(
  ips: AddressRanges, family: IpFamily, text: string, owner: AddressOwner, dryRun: boolean,
  given: readonly string[] | undefined,
): Promise<string> {
  try {
    return await ips.take(family, text, owner, dryRun)
  } catch (error) {
    if (!(error instanceof IpError)) throw error
    if (text === '') throw internalError(`failed to allocate a serviceIP: ${error.message}`)
    throw new FieldFault(invalidValue('spec.clusterIPs', given, `failed to allocate IP ${text}: ${error.message}`))
  }
}

async function allocatePorts({ service, old, ports, dryRun }: Allocation, books: Books): Promise<void> {
  const spec = service.spec!
  const before = old ? nodePortsOf(old) : []
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
    const mine = new Set(before)
    /** Protocols of the same port share a node port. */
    const shared = new Map<number, number>()
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort && !needsNodePort(spec)) continue
      const requested =
        port.nodePort
        || shared.get(port.port)
        || (spec.ports ?? []).find((other) => other.port === port.port && other.nodePort)?.nodePort
      if (requested) {
        if (!mine.has(requested)) await takePort(ports, requested, `spec.ports[${index}].nodePort`, dryRun, books)
        port.nodePort = requested
      } else {
        port.nodePort = await nextPort(ports, 'nodePort', dryRun, books)
      }
      mine.add(port.nodePort)
      if (!shared.has(port.port)) shared.set(port.port, port.nodePort)
    }
  }
  const now = new Set(nodePortsOf(service))
  books.freedPorts.push(...before.filter((port) => !now.has(port)))
}

async function allocateHealthCheckPort({ service, old, ports, dryRun }: Allocation, books: Books): Promise<void> {
  const spec = service.spec!
  const had =
    old?.spec && needsHealthCheckNodePort(old.spec as NonNullable<Service['spec']>)
      ? old.spec.healthCheckNodePort
      : undefined
  if (!needsHealthCheckNodePort(spec)) {
    if (had) books.freedPorts.push(had)
    return
  }
  if (spec.healthCheckNodePort && spec.healthCheckNodePort === had) return
  if (!spec.healthCheckNodePort) {
    spec.healthCheckNodePort = had ?? await nextPort(ports, 'HealthCheck NodePort', dryRun, books)
    return
  }
  try {
    await ports.allocate(spec.healthCheckNodePort, dryRun)
    if (!dryRun) books.takenPorts.push(spec.healthCheckNodePort)
  } catch (error) {
    if (!(error instanceof PortError)) throw error
    throw internalError(
      `failed to allocate requested HealthCheck NodePort ${spec.healthCheckNodePort}: ${error.message}`,
    )
  }
}

async function takePort(
  ports: NodePorts, port: number, field: string, dryRun: boolean, books: Books,
): Promise<void> {
  try {
    await ports.allocate(port, dryRun)
  } catch (error) {
    if (error instanceof PortError) throw new FieldFault(invalidValue(field, port, error.message))
    throw error
  }
  if (!dryRun) books.takenPorts.push(port)
}

async function nextPort(ports: NodePorts, what: string, dryRun: boolean, books: Books): Promise<number> {
  try {
    const port = await ports.allocateNext(dryRun)
    if (!dryRun) books.takenPorts.push(port)
    return port
  } catch (error) {
    if (error instanceof PortError) throw internalError(`failed to allocate a ${what}: ${error.message}`)
    throw error
  }
}

function nodePortsOf({ spec }: Service | Stored<Service>): number[] {
  const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort).filter((port): port is number => Boolean(port))
  if (spec?.healthCheckNodePort) ports.push(spec.healthCheckNodePort)
  return [...new Set(ports)]
}

/** The node ports of a cluster, between this server and all others. */
export function createNodePorts(
  { store, clock, random, range }: Omit<NodePortsOptions, 'inServices'>,
): NodePorts {
  return new NodePorts({
    store, clock, random, range,
    *inServices() {
      for (const entry of store.current().list(collectionRange(serviceKind, ''))) {
        yield* nodePortsOf(decodeLean<Service>(entry))
      }
    },
  })
}
