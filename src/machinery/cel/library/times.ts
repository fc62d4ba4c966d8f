/** Parts of timestamps and durations. The time zone is UTC unless one is named. */
import { fail, member } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import { durationType, intType, stringType, timestampType } from '../types.ts'
import { Duration, Timestamp } from '../values.ts'

const millisecond = 1_000_000n

function dateOf({ nanoseconds }: Timestamp, zone = 'UTC'): Date {
  const floor = nanoseconds / millisecond - (nanoseconds % millisecond < 0n ? 1n : 0n)
  return new Date(Number(floor) + offsetOf(zone, Number(floor)))
}

/** In milliseconds: `+01:00`, `-02:30`, or the name of a zone. */
function offsetOf(zone: string, at: number): number {
  if (zone === 'UTC' || zone === '') return 0
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? []
  if (hours !== undefined) return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric',
      minute: 'numeric', second: 'numeric',
    }).formatToParts(new Date(at))
    const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value)
    const local = Date.UTC(
      part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return local - Math.floor(at / 1000) * 1000
  } catch {
    // Intl knows no such zone.
    return fail(`unknown time zone ${zone}`)
  }
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000)
}

const parts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(), getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: dayOfYear, getDayOfMonth: (date) => date.getUTCDate() - 1, getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(), getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(), getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
}

const units: Readonly<Record<string, (duration: Duration) => bigint>> = {
  getHours: ({ nanoseconds }) => nanoseconds / 3_600_000_000_000n,
  getMinutes: ({ nanoseconds }) => nanoseconds / 60_000_000_000n,
  getSeconds: ({ nanoseconds }) => nanoseconds / 1_000_000_000n,
  getMilliseconds: ({ nanoseconds }) => nanoseconds / millisecond % 1000n,
}

export const timeFunctions = (): Functions => new Map<string, readonly Overload[]>(
  Object.entries(parts).map(([name, part]) => [name, [
    member(`timestamp_${name}`, [timestampType], intType, (time: Timestamp) => BigInt(part(dateOf(time)))),
    member(`timestamp_${name}_with_tz`, [timestampType, stringType], intType, (time: Timestamp, zone: string) =>
      BigInt(part(dateOf(time, zone)))),
    ...(units[name] ? [member(`duration_${name}`, [durationType], intType, units[name])] : []),
  ]]),
)
