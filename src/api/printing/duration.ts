/** How long ago something was, as people read it: apimachinery's util/duration. */

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/**
 * Two to three significant figures: `95s`, `3m20s`, `2h5m`, `7d3h`, `400d`, `3y40d`. Clocks may differ by up to
 * two seconds.
 */
export function formatHumanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / second)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(milliseconds / minute)
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(milliseconds / hour)
  if (hours < 8) return twoUnits(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 192) return twoUnits(days, 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  if (hours < 24 * 365 * 8) return twoUnits(years, 'y', days % 365, 'd')
  return `${years}y`
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
}

/** Time since an RFC 3339 timestamp, `<unknown>` when there is none. `now` is in milliseconds. */
export function formatTimeSince(timestamp: string | null | undefined, now: number): string {
  if (!timestamp) return '<unknown>'
  return formatHumanDuration(now - Date.parse(timestamp))
}
