/** What the log and snapshots hold beside the changes of keys: leases, alarms, and how far history was forgotten. */
import type { Alarm, LeaseId } from '../keyspace.ts'
import type { Revision } from '../store.ts'
import type { Version } from './version.ts'

/** One thing to remember that is not a change of a key and has no revision. Doing it twice is the same as once. */
export type Control =
  | { readonly type: 'grant'; readonly id: LeaseId; readonly ttlSeconds: number }
  | { readonly type: 'revoke'; readonly id: LeaseId }
  | { readonly type: 'compact'; readonly before: Revision }
  | { readonly type: 'raise' | 'disarm'; readonly alarm: Alarm }

/** What becomes durable together, or not at all. */
export interface Group {
  /** In order; those with the same revision stand side by side. */
  readonly changes: readonly Version[]
  readonly controls: readonly Control[]
}

/** The durable state that is not in any key. */
export interface ControlState {
  /** The seconds that each lease was granted. */
  readonly leases: ReadonlyMap<LeaseId, number>
  readonly alarms: ReadonlySet<Alarm>
}

const typeCodes = { grant: 3, revoke: 4, compact: 5, raise: 6, disarm: 7 } as const
const alarmCodes = { noSpace: 1, corrupt: 2 } as const

export function isControlCode(code: number): boolean {
  return code >= typeCodes.grant && code <= typeCodes.disarm
}

/** The code of a control's type and what follows it. Numbers are little-endian. */
export function encodeControl(control: Control): { readonly code: number; readonly payload: Uint8Array } {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  const length = writePayload(view, control)
  return { code: typeCodes[control.type], payload: bytes.subarray(0, length) }
}

/** The most that a payload takes. */
export const payloadBytesMax = 16

function writePayload(view: DataView, control: Control): number {
  switch (control.type) {
    case 'grant':
      view.setBigInt64(0, control.id, true)
      view.setFloat64(8, control.ttlSeconds, true)
      return 16
    case 'revoke':
      view.setBigInt64(0, control.id, true)
      return 8
    case 'compact':
      view.setFloat64(0, control.before, true)
      return 8
    default:
      view.setUint8(0, alarmCodes[control.alarm])
      return 1
  }
}

/** Undefined if it is none that this release knows. */
export function decodeControl(code: number, payload: Uint8Array): Control | undefined {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const { length } = payload
  if (code === typeCodes.grant && length === 16) {
    return { type: 'grant', id: view.getBigInt64(0, true), ttlSeconds: view.getFloat64(8, true) }
  }
  if (code === typeCodes.revoke && length === 8) return { type: 'revoke', id: view.getBigInt64(0, true) }
  if (code === typeCodes.compact && length === 8) return { type: 'compact', before: view.getFloat64(0, true) }
  if ((code === typeCodes.raise || code === typeCodes.disarm) && length === 1) {
    const alarm = view.getUint8(0) === alarmCodes.noSpace ? 'noSpace' : 'corrupt'
    return view.getUint8(0) === alarmCodes[alarm]
      ? { type: code === typeCodes.raise ? 'raise' : 'disarm', alarm } : undefined
  }
  return undefined
}

/** The controls that make an empty state into this one. */
export function controlsOf({ leases, alarms }: ControlState): Control[] {
  return [
    ...Array.from(leases, ([id, ttlSeconds]): Control => ({ type: 'grant', id, ttlSeconds })),
    ...Array.from(alarms, (alarm): Control => ({ type: 'raise', alarm })),
  ]
}

/** Collects controls as they are read back; the last word about a lease or an alarm holds. */
export class ControlLog implements ControlState {
  readonly leases = new Map<LeaseId, number>()
  readonly alarms = new Set<Alarm>()
  /** The newest compaction that was asked for; 0 if none was. */
  compactedRevision: Revision = 0

  take(control: Control): void {
    switch (control.type) {
      case 'grant':
        this.leases.set(control.id, control.ttlSeconds)
        return
      case 'revoke':
        this.leases.delete(control.id)
        return
      case 'compact':
        this.compactedRevision = Math.max(this.compactedRevision, control.before)
        return
      case 'raise':
        this.alarms.add(control.alarm)
        return
      case 'disarm':
        this.alarms.delete(control.alarm)
    }
  }
}
