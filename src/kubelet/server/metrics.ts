/** `/metrics` and `/metrics/resource` in Prometheus' text format, under upstream's names. */
import type { Kubelet } from '../kubelet.ts'
import type { Summary } from './summary.ts'

interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]
}

export function renderResourceMetrics({ node, pods }: Summary): string {
  const containers = pods.flatMap((pod) => pod.containers.map((container) => ({
    container, labels: { container: container.name, namespace: pod.podRef.namespace, pod: pod.podRef.name },
  })))
  const podLabels = (pod: Summary['pods'][number]) => ({ namespace: pod.podRef.namespace, pod: pod.podRef.name })
  const seconds = (nanoseconds: number): number => nanoseconds / 1e9
  return render([
    {
      name: 'container_cpu_usage_seconds_total',
      type: 'counter',
      help: '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      samples: containers.map(({ container, labels }) => [labels, seconds(container.cpu.usageCoreNanoSeconds)]),
    },
    {
      name: 'container_memory_working_set_bytes',
      type: 'gauge',
      help: '[STABLE] Current working set of the container in bytes',
      samples: containers.map(({ container, labels }) => [labels, container.memory.workingSetBytes]),
    },
    {
      name: 'container_start_time_seconds',
      type: 'gauge',
      help: '[STABLE] Start time of the container since unix epoch in seconds',
      samples: containers.map(({ container, labels }) => [labels, Date.parse(container.startTime) / 1000]),
    },
    {
      name: 'node_cpu_usage_seconds_total',
      type: 'counter',
      help: '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      samples: [[{}, seconds(node.cpu.usageCoreNanoSeconds)]],
    },
    {
      name: 'node_memory_working_set_bytes', type: 'gauge', help: '[STABLE] Current working set of the node in bytes',
      samples: [[{}, node.memory.workingSetBytes]],
    },
    {
      name: 'pod_cpu_usage_seconds_total',
      type: 'counter',
      help: '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      samples: pods.map((pod) => [podLabels(pod), seconds(pod.cpu.usageCoreNanoSeconds)]),
    },
    {
      name: 'pod_memory_working_set_bytes', type: 'gauge', help: '[STABLE] Current working set of the pod in bytes',
      samples: pods.map((pod) => [podLabels(pod), pod.memory.workingSetBytes]),
    },
    {
      name: 'resource_scrape_error',
      type: 'gauge',
      help: '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
      samples: [[{}, 0]],
    },
  ])
}

/** `/metrics/cadvisor`: the families that dashboards ask for, with cAdvisor's labels. */
export function renderContainerMetrics(
  { pods }: Summary,
  {
    machine: { cpuCount, memoryBytes },
  }: { readonly machine: { readonly cpuCount: number; readonly memoryBytes: number } },
): string {
  const containers = pods.flatMap((pod) => pod.containers.map((container) => ({
    container, labels: { container: container.name, namespace: pod.podRef.namespace, pod: pod.podRef.name },
  })))
  return render([
    {
      name: 'container_cpu_usage_seconds_total', type: 'counter', help: 'Cumulative cpu time consumed in seconds.',
      samples: containers.map(({ container, labels }) =>
        [{ ...labels, cpu: 'total' }, container.cpu.usageCoreNanoSeconds / 1e9]),
    },
    {
      name: 'container_memory_usage_bytes',
      type: 'gauge',
      help: 'Current memory usage in bytes, including all memory regardless of when it was accessed',
      samples: containers.map(({ container, labels }) => [labels, container.memory.usageBytes]),
    },
    {
      name: 'container_memory_working_set_bytes', type: 'gauge', help: 'Current working set in bytes.',
      samples: containers.map(({ container, labels }) => [labels, container.memory.workingSetBytes]),
    },
    {
      name: 'container_memory_rss', type: 'gauge', help: 'Size of RSS in bytes.',
      samples: containers.map(({ container, labels }) => [labels, container.memory.rssBytes]),
    },
    { name: 'machine_cpu_cores', type: 'gauge', help: 'Number of logical CPU cores.', samples: [[{}, cpuCount]] },
    {
      name: 'machine_memory_bytes',
      type: 'gauge',
      help: 'Amount of memory installed on the machine.',
      samples: [[{}, memoryBytes]],
    },
  ])
}

/** `/metrics/probes`. */
export function renderProbeMetrics({ prober }: Kubelet): string {
  return render([
    {
      name: 'prober_probe_total',
      type: 'counter',
      help: 'Cumulative number of a liveness, readiness or startup probe, by its kind; failures are those of any kind that did not succeed.',
      samples: Object.entries(prober.statistics).map(([kind, count]) => [
        kind === 'failures' ? { result: 'failed' } : { probe_type: kind },
        count,
      ]),
    },
  ])
}

export function renderKubeletMetrics({ nodeName, pods, services }: Kubelet): string {
  const all = pods.all()
  const running = services.cache
    .podUids()
    .flatMap((uid) => services.cache.forPod(uid).containers)
    .filter(({ state }) => state === 'running')
  return render([
    {
      name: 'kubelet_node_name',
      type: 'gauge',
      help: "The node's name. The count is always 1.",
      samples: [[{ node: nodeName }, 1]],
    },
    {
      name: 'kubelet_active_pods',
      type: 'gauge',
      help: 'The number of pods the kubelet considers active',
      samples: [[{ static: '' }, all.length]],
    },
    {
      name: 'kubelet_running_pods', type: 'gauge', help: 'Number of pods that have a running pod sandbox',
      samples: [
        [
          {},
          services.cache.podUids().filter((uid) => services.cache.forPod(uid).sandboxes.some(({ ready }) => ready))
            .length,
        ],
      ],
    },
    {
      name: 'kubelet_running_containers',
      type: 'gauge',
      help: 'Number of containers currently running',
      samples: [[{ container_state: 'running' }, running.length]],
    },
  ])
}

function render(families: readonly Family[]): string {
  return families.map(({ name, help, type, samples }) => [
    `# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map(([labels, value]) =>
      `${name}${renderLabels(labels)} ${value}`),
  ].join('\n')).join('\n') + '\n'
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels)
  return entries.length === 0 ? '' : `{${entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}}`
}
