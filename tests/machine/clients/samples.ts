/** The full samples of tests/conformance, as manifests for a real cluster: where admission and controllers have a say, too. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { kinds } from '#api/kinds.ts'
import { formatApiVersion } from '#machinery/meta/group-version.ts'

export interface Sample {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly [field: string]: unknown
}

const golden = join(import.meta.dirname, '../../conformance/golden')
export const samplesNamespace = 'samples'
/** Bounds what others in its namespace may have. */
const limiting = new Set(['LimitRange', 'ResourceQuota'])
export const limitsNamespace = 'limits'

/** What admission or controllers of a whole cluster would refuse or change at once is left out of a sample. */
const leaveOut: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec.priorityClassName', 'spec.priority', 'spec.serviceAccountName', 'spec.serviceAccount', 'spec.runtimeClassName', 'spec.overhead', 'spec.preemptionPolicy', 'spec.nodeName'],
  PersistentVolumeClaim: ['spec.volumeName', 'spec.storageClassName'],
}

/** Every default kind that can be made and read, in its preferred version. */
export function clusterSamples(): readonly Sample[] {
  const files = readdirSync(golden)
  return kinds.flatMap((kind) => {
    const apiVersion = formatApiVersion({ group: kind.group, version: kind.preferredVersion.version })
    const file = `${apiVersion.replace('/', '.')}.${kind.kind}.json`
    if (!files.includes(file)) return []
    const { sample } = JSON.parse(readFileSync(join(golden, file), 'utf8')) as { sample: Sample }
    const namespace = limiting.has(kind.kind) ? limitsNamespace : samplesNamespace
    const own = { ...sample, metadata: { ...sample.metadata, ...(kind.namespaced && { namespace }) } }
    for (const path of leaveOut[kind.kind] ?? []) drop(own, path.split('.'))
    if (kind.kind === 'Event') return [inNamespace(own, namespace, kind.group === '' ? 'sample' : 'sample-of-events')]
    return [own]
  })
}

function drop(object: Record<string, unknown>, [key, ...rest]: readonly string[]): void {
  if (key === undefined) return
  if (rest.length === 0) delete object[key]
  else if (typeof object[key] === 'object' && object[key] !== null) drop(object[key] as Record<string, unknown>, rest)
}

/** An event is where that lies which it is about; both groups have the same events. */
function inNamespace(sample: Sample, namespace: string, name: string): Sample {
  const moved = JSON.parse(JSON.stringify(sample).replaceAll('"namespace":"default"', `"namespace":"${namespace}"`)) as Sample
  return { ...moved, metadata: { ...moved.metadata, name } }
}
