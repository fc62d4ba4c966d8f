/**
 * flowcontrol.apiserver.k8s.io betas ⇄ v1: a level's shares had another name before v1beta3, and zero meant the
 * default.
 */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type { LimitedPriorityLevelConfiguration, PriorityLevelConfiguration } from '../gen/flowcontrol-v1.ts'

type Renamed = Omit<LimitedPriorityLevelConfiguration, 'nominalConcurrencyShares'> & {
  assuredConcurrencyShares?: number
}
type Limited = NonNullable<PriorityLevelConfiguration['spec']>['limited']

/** v1beta1 and v1beta2. */
export const assuredSharesConversion: Conversion = {
  toStored: (object) => convert<Renamed>(object, ({ assuredConcurrencyShares, ...rest }) => ({
    ...rest, ...(assuredConcurrencyShares && { nominalConcurrencyShares: assuredConcurrencyShares }),
  })),
  fromStored: (object) =>
    convert<LimitedPriorityLevelConfiguration>(object, ({ nominalConcurrencyShares, ...rest }) => ({
      assuredConcurrencyShares: nominalConcurrencyShares ?? 0,
      ...rest,
    })),
}

/** In v1beta3 zero shares mean the default, unless this says that they mean zero. */
const keepsZero = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares'

/** v1beta3. */
export const zeroSharesConversion: Conversion = {
  toStored: (object) => {
    const { [keepsZero]: mark, ...annotations } = object.metadata?.annotations ?? {}
    if (mark !== undefined) return { ...object, metadata: { ...object.metadata, annotations } }
    return convert<LimitedPriorityLevelConfiguration>(object, ({ nominalConcurrencyShares, ...rest }) => ({
      ...rest, ...(nominalConcurrencyShares && { nominalConcurrencyShares }),
    }))
  },
  fromStored: (object) => {
    if ((object as PriorityLevelConfiguration).spec?.limited?.nominalConcurrencyShares !== 0) return object
    const annotations = { ...object.metadata?.annotations, [keepsZero]: '' }
    return { ...object, metadata: { ...object.metadata, annotations } }
  },
}

function convert<From>(object: KubeObject, limited: (from: From) => object): KubeObject {
  const { spec } = object as PriorityLevelConfiguration
  if (!spec?.limited) return object
  return { ...object, spec: { ...spec, limited: limited(spec.limited as From) as Limited } } as KubeObject
}
