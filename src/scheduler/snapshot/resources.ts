/** Amounts of resources as numbers: what a pod asks for, what a node has. */
import type { Container, Pod, PodSpec } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { parseQuantity, quantityMilliValue, quantityValue } from '#machinery/quantity.ts'

/** CPU in thousandths, everything else in whole units (bytes, devices). */
export interface Resources {
  readonly milliCpu: number
  readonly memory: number
  readonly ephemeralStorage: number
  /** Extended resources, huge pages and attachable volumes, by name. */
  readonly others: ReadonlyMap<string, number>
}

/** What a container without a request counts as where scores compare load (upstream's util/pod_resources). */
const assumedMilliCpu = 100
const assumedMemory = 200 * 1024 * 1024

type ResourceList = Readonly<Record<string, string>>

const noOthers: ReadonlyMap<string, number> = new Map()
export const noResources: Resources = { milliCpu: 0, memory: 0, ephemeralStorage: 0, others: noOthers }

export function resourcesOf(list: ResourceList | undefined): Resources {
  if (list === undefined) return noResources
  let [milliCpu, memory, ephemeralStorage] = [0, 0, 0]
  let others: Map<string, number> | undefined
  for (const [name, text] of Object.entries(list)) {
    const quantity = parseQuantity(text)
    if (name === 'cpu') milliCpu = quantityMilliValue(quantity)
    else if (name === 'memory') memory = quantityValue(quantity)
    else if (name === 'ephemeral-storage') ephemeralStorage = quantityValue(quantity)
    else if (name !== 'pods') (others ??= new Map()).set(name, quantityValue(quantity))
  }
  return { milliCpu, memory, ephemeralStorage, others: others ?? noOthers }
}

export function addResources(a: Resources, b: Resources): Resources {
  return {
    milliCpu: a.milliCpu + b.milliCpu,
    memory: a.memory + b.memory,
    ephemeralStorage: a.ephemeralStorage + b.ephemeralStorage,
    others: combineOthers(a.others, b.others, (x, y) => x + y),
  }
}

export function subtractResources(a: Resources, b: Resources): Resources {
  return {
    milliCpu: a.milliCpu - b.milliCpu,
    memory: a.memory - b.memory,
    ephemeralStorage: a.ephemeralStorage - b.ephemeralStorage,
    others: combineOthers(a.others, b.others, (x, y) => x - y),
  }
}

function maxResources(a: Resources, b: Resources): Resources {
  return {
    milliCpu: Math.max(a.milliCpu, b.milliCpu),
    memory: Math.max(a.memory, b.memory),
    ephemeralStorage: Math.max(a.ephemeralStorage, b.ephemeralStorage),
    others: combineOthers(a.others, b.others, Math.max),
  }
}

function combineOthers(
  a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>, operation: (x: number, y: number) => number,
): ReadonlyMap<string, number> {
  if (b.size === 0) return a
  const combined = new Map(a)
  for (const [name, amount] of b) combined.set(name, operation(combined.get(name) ?? 0, amount))
  return combined
}

/**
 * What the pod takes of a node: the sum of its containers and sidecars, or what its start needs if that is more, with
 * the pod's own figures and the runtime's overhead (component-helpers' PodRequests).
 */
export function podRequests(pod: DeepReadonly<Pod>): Resources {
  return pod.spec === undefined
    ? noResources
    : sumOf(pod.spec, (container) => resourcesOf(container.resources?.requests))
}

/** The same, with every container counting for something: used only to compare how busy nodes are. */
export function assumedPodRequests(pod: DeepReadonly<Pod>): Resources {
  const { spec } = pod
  if (spec === undefined) return noResources
  const own = spec.resources?.requests
  return sumOf(spec, (container) => {
    const requests = container.resources?.requests
    const stated = resourcesOf(requests)
    return {
      ...stated,
      milliCpu: requests?.['cpu'] === undefined && own?.['cpu'] === undefined ? assumedMilliCpu : stated.milliCpu,
      memory: requests?.['memory'] === undefined && own?.['memory'] === undefined ? assumedMemory : stated.memory,
    }
  })
}

function sumOf(spec: DeepReadonly<PodSpec>, requestsOf: (container: DeepReadonly<Container>) => Resources): Resources {
  let running = noResources
  for (const container of spec.containers) running = addResources(running, requestsOf(container))
  let sidecars = noResources
  let starting = noResources
  for (const container of spec.initContainers ?? []) {
    const requests = requestsOf(container)
    if (container.restartPolicy === 'Always') {
      running = addResources(running, requests)
      sidecars = addResources(sidecars, requests)
      starting = maxResources(starting, sidecars)
    } else {
      starting = maxResources(starting, addResources(sidecars, requests))
    }
  }
  const needed = withPodLevel(maxResources(running, starting), spec.resources?.requests)
  return spec.overhead === undefined ? needed : addResources(needed, resourcesOf(spec.overhead))
}

/** Requests of the pod as a whole replace the sum, for the resources that may be stated there. */
function withPodLevel(sum: Resources, own: ResourceList | undefined): Resources {
  if (own === undefined) return sum
  const stated = resourcesOf(own)
  const others = new Map(sum.others)
  for (const [name, amount] of stated.others) if (name.startsWith('hugepages-')) others.set(name, amount)
  return {
    milliCpu: own['cpu'] === undefined ? sum.milliCpu : stated.milliCpu,
    memory: own['memory'] === undefined ? sum.memory : stated.memory,
    ephemeralStorage: sum.ephemeralStorage,
    others,
  }
}
