/** The server's own figures, in Prometheus' text format. */
import { formatLabels, HistogramFamily, type HistogramSeries } from './metric-families.ts'
import type { RequestInfo, ResourceRequest } from './request-info.ts'
import { RequestMetrics } from './request-metrics.ts'

/** Upstream's buckets of apiserver_request_duration_seconds. */
const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
/** Label sets beyond this are counted together: paths are the client's choice, memory is ours. */
const maxSeries = 5_000

/** Of what clients are promised: those above less the shortest two. */
const objectiveBuckets = buckets.slice(2)
const objectiveHelp = '[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness '
  + 'queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.'
const sizeBuckets = Array.from({ length: 7 }, (_, power) => 1000 * 10 ** power)
const eventSizeBuckets = Array.from({ length: 8 }, (_, power) => 1024 * 2 ** power)

interface Series {
  readonly labels: string
  /** Shared by dry runs and others. */
  readonly objective: HistogramSeries
  readonly sizes: HistogramSeries | undefined
  count: number
  sum: number
  readonly counts: number[]
  readonly codes: Map<number, number>
}

/**
 * Figures of the process, which only the machine's side knows: `process_resident_memory_bytes` and the like, by name.
 */
export type ProcessMetrics = () => Readonly<Record<string, number>>

export class ServerMetrics {
  readonly #series = new Map<string, Series>()
  readonly #processMetrics: ProcessMetrics | undefined
  readonly #watches = new Map<string, WatchSeries>()
  readonly #deprecated = new Set<string>()
  readonly #objectives = ['sli', 'slo'].map((word) =>
    new HistogramFamily(`apiserver_request_${word}_duration_seconds`, objectiveHelp, objectiveBuckets))
  readonly #sizes = new HistogramFamily('apiserver_response_sizes',
    '[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and '
      + 'component.', sizeBuckets)
  readonly #eventSizes = new HistogramFamily(
    'apiserver_watch_events_sizes', '[ALPHA] Watch event size distribution in bytes', eventSizeBuckets)
  /** What filters and admission count. */
  readonly requests = new RequestMetrics()
  #reads = 0
  #writes = 0

  constructor(processMetrics?: ProcessMetrics) {
    this.#processMetrics = processMetrics
  }

  /** `waitedMs`: how long of it others were waited for. `bytes`: of an answer that is sent as a whole. */
  count(info: RequestInfo, code: number, durationMs: number, dryRun = false, waitedMs = 0, bytes?: number): void {
    const key =
      info.type === 'path'
        ? `${info.verb} `
        : `${info.verb}${dryRun ? '?' : ''} ${info.group}/${info.version}/${info.resource}/${info.subresource}/${info.name === '' ? (info.namespace === '' ? 'c' : 'n') : 'r'}`
    let series = this.#series.get(key)
    if (!series) {
      if (this.#series.size >= maxSeries) return
      const { dry_run: _, ...common } = labelsOf(info)
      const shared = formatLabels(common)
      series = {
        labels: formatLabels({ ...labelsOf(info), dry_run: dryRun ? 'All' : '' }),
        objective: this.#objectives[0]!.series(shared),
        sizes: isRead(info) ? this.#sizes.series(shared) : undefined,
        count: 0, sum: 0, counts: buckets.map(() => 0), codes: new Map(),
      }
      this.#objectives[1]!.share(shared, series.objective)
      this.#series.set(key, series)
    }
    const seconds = durationMs / 1000
    series.count++
    series.sum += seconds
    series.codes.set(code, (series.codes.get(code) ?? 0) + 1)
    const bucket = buckets.findIndex((limit) => seconds <= limit)
    if (bucket >= 0) series.counts[bucket]!++
    this.#objectives[0]!.observe(series.objective, Math.max(0, durationMs - waitedMs) / 1000)
    if (bytes !== undefined && series.sizes) this.#sizes.observe(series.sizes, bytes)
  }

  /** Forgets what was counted; what is going on is still known. */
  reset(): void {
    this.#series.clear()
    this.#deprecated.clear()
    for (const family of [...this.#objectives, this.#sizes, this.#eventSizes, this.requests]) family.reset()
    for (const [key, watches] of this.#watches) {
      if (watches.active === 0) this.#watches.delete(key)
      else watches.events = 0
    }
  }

  inFlight(reads: number, writes: number): void {
    this.#reads = reads
    this.#writes = writes
  }

  /** A watch begins to be served; its meter counts what is sent, until it ends. */
  watchBegan({ group, version, resource, wide }: Watched): WatchMeter {
    const key = `${group}/${version}/${resource}/${wide}`
    let series = this.#watches.get(key)
    if (!series) {
      series = { group, version, resource, scope: wide ? 'cluster' : 'namespace', active: 0, events: 0 }
      // Beyond the limit the watch is counted nowhere.
      if (this.#watches.size < maxSeries) this.#watches.set(key, series)
    }
    const counted = series
    counted.active++
    let sizes: HistogramSeries | undefined
    return {
      sent: (events, bytes) => {
        counted.events += events
        sizes ??= this.#eventSizes.series(formatLabels({ group, resource, version }))
        if (events > 0) this.#eventSizes.observe(sizes, bytes / events, events)
      },
      ended: () => { counted.active-- },
    }
  }

  /** Somebody uses a version that will be removed in this release (`1.25`, or empty). */
  deprecatedRequested({ group, version, resource, subresource }: ResourceRequest, removedRelease: string): void {
    if (this.#deprecated.size >= maxSeries) return
    this.#deprecated.add(formatLabels({ group, removed_release: removedRelease, resource, subresource, version }))
  }

  /** `objects`: how many there are of each resource. */
  render(objects: Iterable<StoredObjects> = []): string {
    const lines: string[] = []
    head(
      lines,
      'apiserver_request_total',
      'counter',
      '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, '
        + 'version, resource, scope, component, and HTTP response code.',
    )
    for (const { labels, codes } of this.#series.values()) {
      for (const [code, count] of codes) lines.push(`apiserver_request_total{code="${code}",${labels}} ${count}`)
    }
    head(
      lines,
      'apiserver_request_duration_seconds',
      'histogram',
      '[STABLE] Response latency distribution in seconds for each verb, dry run '
        + 'value, group, version, resource, subresource, scope and component.',
    )
    for (const { labels, counts, count, sum } of this.#series.values()) {
      let below = 0
      buckets.forEach((limit, index) => {
        below += counts[index]!
        lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="${limit}"} ${below}`)
      })
      lines.push(
        `apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} ${count}`,
        `apiserver_request_duration_seconds_sum{${labels}} ${sum}`,
        `apiserver_request_duration_seconds_count{${labels}} ${count}`,
      )
    }
    head(
      lines,
      'apiserver_current_inflight_requests',
      'gauge',
      '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    )
    lines.push(`apiserver_current_inflight_requests{request_kind="mutating"} ${this.#writes}`,
      `apiserver_current_inflight_requests{request_kind="readOnly"} ${this.#reads}`)
    for (const family of [...this.#objectives, this.#sizes, this.#eventSizes, this.requests]) family.render(lines)
    this.#renderWatches(lines)
    if (this.#deprecated.size > 0) {
      head(
        lines,
        'apiserver_requested_deprecated_apis',
        'gauge',
        '[STABLE] Gauge of deprecated APIs that have been requested, broken out by '
          + 'API group, version, resource, subresource, and removed_release.',
      )
      for (const labels of this.#deprecated) lines.push(`apiserver_requested_deprecated_apis{${labels}} 1`)
    }
    renderObjects(lines, [...objects])
    for (const [name, value] of Object.entries(this.#processMetrics?.() ?? {})) {
      lines.push(`# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`, `${name} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }

  #renderWatches(lines: string[]): void {
    head(
      lines,
      'apiserver_longrunning_requests',
      'gauge',
      '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, '
        + 'version, resource, scope and component. Not all requests are tracked this way.',
    )
    const events = new Map<string, number>()
    for (const { group, version, resource, scope, active, events: count } of this.#watches.values()) {
      const labels = formatLabels({
        component: 'apiserver',
        group,
        resource,
        scope,
        subresource: '',
        verb: 'WATCH',
        version,
      })
      lines.push(`apiserver_longrunning_requests{${labels}} ${active}`)
      const sent = formatLabels({ group, resource, version })
      events.set(sent, (events.get(sent) ?? 0) + count)
    }
    head(lines, 'apiserver_watch_events_total', 'counter', '[ALPHA] Number of events sent in watch clients')
    for (const [labels, count] of events) lines.push(`apiserver_watch_events_total{${labels}} ${count}`)
  }
}

interface WatchSeries {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly scope: string
  active: number
  events: number
}

export interface Watched {
  readonly group: string
  readonly version: string
  readonly resource: string
  /** Over all namespaces. */
  readonly wide: boolean
}

export interface WatchMeter {
  /** `bytes`: of all of them together. */
  sent(events: number, bytes: number): void
  ended(): void
}

export interface StoredObjects {
  readonly group: string
  readonly resource: string
  readonly count: number
}

function renderObjects(lines: string[], objects: readonly StoredObjects[]): void {
  const help =
    'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.'
  head(lines, 'apiserver_resource_objects', 'gauge', `[ALPHA] ${help}`)
  for (const { group, resource, count } of objects) {
    lines.push(`apiserver_resource_objects{${formatLabels({ group, resource })}} ${count}`)
  }
  head(
    lines,
    'apiserver_storage_objects',
    'gauge',
    `[STABLE] [DEPRECATED, consider using apiserver_resource_objects instead] ${help}`,
  )
  for (const { group, resource, count } of objects) {
    lines.push(
      `apiserver_storage_objects{${formatLabels({ resource: group === '' ? resource : `${resource}.${group}` })}} ${count}`,
    )
  }
}

function head(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
}

function isRead(info: RequestInfo): boolean {
  return info.type === 'resource' && (info.verb === 'get' || info.verb === 'list')
}

function labelsOf(info: RequestInfo): Readonly<Record<string, string>> {
  if (info.type === 'path') {
    return {
      component: 'apiserver', dry_run: '', group: '', resource: '', scope: '', subresource: '',
      verb: info.verb.toUpperCase(), version: '',
    }
  }
  return {
    component: 'apiserver',
    dry_run: '',
    group: info.group,
    resource: info.resource,
    scope: info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster',
    subresource: info.subresource,
    verb: verbLabels[info.verb] ?? info.verb.toUpperCase(),
    version: info.version,
  }
}

const verbLabels: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
}
