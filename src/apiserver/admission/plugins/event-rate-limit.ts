/** Events are taken at a limited rate: of all, of a namespace, of a user, or about one object from one source. */
import type { Event } from '#api/gen/core-v1.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import { aggregate } from '../../aggregate.ts'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'

export type LimitType = 'Server' | 'Namespace' | 'User' | 'SourceAndObject'

export interface EventLimit {
  readonly type: LimitType
  /** Events a second, and how many at once. */
  readonly qps: number
  readonly burst: number
  /** How many keys are known at once; the least recently used is forgotten. */
  readonly cacheSize: number
}

interface Bucket {
  tokens: number
  at: number
}

export function eventRateLimit(limits: readonly EventLimit[]): AdmissionPlugin {
  const enforcers = limits.map(createEnforcer)
  return {
    name: 'EventRateLimit',
    validate(attributes, context) {
      const { operation, kind, dryRun, subresource } = attributes
      if (kind.kind !== 'Event' || subresource !== '' || dryRun) return
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      // All of them count the event, so that one cannot be spared by another.
      const refusals = enforcers.flatMap((enforce) => enforce(attributes, context.now) ?? [])
      if (refusals.length === 0) return
      throw new ApiError({
        kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'TooManyRequests', code: 429,
        message: aggregate(refusals),
      })
    },
  }
}

/** Gives why an event is refused. */
function createEnforcer({ type, qps, burst, cacheSize }: EventLimit): (
  attributes: AdmissionAttributes, now: number,
) => string | undefined {
  const buckets = new Map<string, Bucket>()
  return (attributes, now) => {
    const key = keyOf(type, attributes)
    const before = buckets.get(key) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, before.tokens + Math.max(0, now - before.at) * qps / 1000)
    buckets.delete(key)
    if (buckets.size >= cacheSize) buckets.delete(buckets.keys().next().value!)
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now })
    return tokens >= 1 ? undefined : `limit reached on type ${type} for key ${key}`
  }
}

function keyOf(type: LimitType, { namespace, user, object }: AdmissionAttributes): string {
  switch (type) {
    case 'Server': return ''
    case 'Namespace': return namespace
    case 'User': return user.name
    case 'SourceAndObject': {
      const { source = {}, involvedObject: of = {} } = object as Partial<Event>
      return [source.component, source.host, of.kind, of.namespace, of.name, of.uid, of.apiVersion].join('')
    }
  }
}
