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

/** v1beta3. */
export const zeroSharesConversion: Conversion = {
  toStored: (object) => convert<LimitedPriorityLevelConfiguration>(object, ({ nominalConcurrencyShares, ...rest }) => ({
    ...rest, ...(nominalConcurrencyShares && { nominalConcurrencyShares }),
  })),
  fromStored: (object) => object,
}

function convert<From>(object: KubeObject, limited: (from: From) => object): KubeObject {
  const { spec } = object as PriorityLevelConfiguration
  if (!spec?.limited) return object
  return { ...object, spec: { ...spec, limited: limited(spec.limited as From) as Limited } } as KubeObject
}
