/** Since when a taint is on a device, where nobody said. */
import { formatTime } from '#machinery/time.ts'

interface Taint {
  timeAdded?: string
}

export function setTaintTimes(taints: readonly Taint[], now: number): void {
  for (const taint of taints) taint.timeAdded ??= formatTime(now)
}
