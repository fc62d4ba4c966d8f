/** How large one change may be, and what a transaction asks for that cannot be. */
import type { Operation } from '../keyspace.ts'
import type { DecidedState } from './decided-state.ts'

/** Larger values, and transactions of more bytes, are refused; the limits of etcd and the API server are far below. */
const valueBytesMax = 32 * 2 ** 20
const keyLengthMax = 4_096
/** What a transaction does to the space that the store needs. */
export interface Growth {
  /** True when it puts something, which is what a store without space refuses. */
  readonly puts: boolean
  /** By how many bytes the newest keys and values grow; below zero when they shrink. */
  readonly bytes: number
}

/** How much a transaction grows the store, or what is wrong with it whatever space there is. */
export function measureTransaction(operations: readonly Operation[], decided: DecidedState): Growth | Error {
  const keys = operations.length > 1 ? new Set<string>() : undefined
  let given = 0
  let grown = 0
  let puts = false
  for (const operation of operations) {
    const { key } = operation
    const existing = decided.get(key)
    if (keys?.has(key) === true) return new Error(`a transaction changes ${key} twice`)
    keys?.add(key)
    if (operation.type === 'delete') {
      if (existing === undefined) return new Error(`a transaction deletes ${key}, which is not there`)
      grown -= key.length + existing.length
      continue
    }
    if (operation.lease !== 0n && !decided.hasLease(operation.lease)) {
      return new Error(`a transaction puts ${key} under lease ${operation.lease}, which is not there`)
    }
    const refusal = refusalOfSize(key, operation.value)
    if (refusal !== undefined) return refusal
    puts = true
    given += key.length + operation.value.length
    grown += operation.value.length - (existing === undefined ? -key.length : existing.length)
  }
  if (given > valueBytesMax + keyLengthMax) {
    return new RangeError(`a transaction of ${given} bytes; ${valueBytesMax} are allowed`)
  }
  return { puts, bytes: grown }
}

/** Why a key or a value is too large to be stored. */
export function refusalOfSize(key: string, value: Uint8Array): RangeError | undefined {
  if (key.length > keyLengthMax) {
    return new RangeError(`a key of ${key.length} characters; ${keyLengthMax} are allowed`)
  }
  if (value.length > valueBytesMax) {
    return new RangeError(`a value of ${value.length} bytes; ${valueBytesMax} are allowed`)
  }
  return undefined
}
