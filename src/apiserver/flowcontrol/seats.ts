/** How many requests the levels may run at a time: of the server's seats each has a share, a part of which it lends. */
import type { PriorityLevelConfiguration } from '#api/gen/flowcontrol-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'

export interface SeatLimits {
  readonly nominal: number
  /** How many of the nominal ones others may use while they are free. */
  readonly lendable: number
  /** How many of others' it may use. */
  readonly borrowing: number
}

/** KEP-1040: nominal = ⌈server's seats × own shares / all shares⌉. */
export function seatLimits(
  levels: readonly DeepReadonly<PriorityLevelConfiguration>[], serverSeats: number,
): ReadonlyMap<string, SeatLimits> {
  const sharesOf = ({ spec }: DeepReadonly<PriorityLevelConfiguration>): number =>
    (spec?.type === 'Exempt' ? spec.exempt?.nominalConcurrencyShares : spec?.limited?.nominalConcurrencyShares) ?? 0
  const all = levels.reduce((sum, level) => sum + sharesOf(level), 0) || 1
  return new Map(levels.map((level) => {
    const { limited, exempt } = level.spec ?? {}
    const nominal = Math.ceil(serverSeats * sharesOf(level) / all)
    const lendablePercent = limited?.lendablePercent ?? exempt?.lendablePercent ?? 0
    const borrowingPercent = limited?.borrowingLimitPercent
    return [level.metadata?.name ?? '', {
      nominal,
      lendable: Math.round(nominal * lendablePercent / 100),
      borrowing: borrowingPercent === undefined || borrowingPercent === null ? serverSeats
        : Math.round(nominal * borrowingPercent / 100),
    }]
  }))
}
