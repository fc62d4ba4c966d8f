/**
 * The kernel's packet filter, as nftables has it: tables of chains with rules, and sets and maps that rules
 * look things up in.
 */

export interface PacketFilter {
  /** All operations or none. Rejects with the filter's own words and the first offending line. */
  apply(table: string, operations: readonly FilterOperation[]): Promise<void>
  /** Removes the whole table; absent is fine. */
  removeTable(table: string): Promise<void>
}

export type FilterOperation =
  /** Begins from nothing: an existing table of this name is dropped in the same transaction. */
  | { readonly type: 'resetTable' }
  | { readonly type: 'addChain'; readonly chain: string; readonly hook?: ChainHook | undefined }
  | { readonly type: 'addRule'; readonly chain: string; readonly rule: string }
  /** With `values` it is a map. Types are nftables' own words. */
  | {
      readonly type: 'addSet'
      readonly set: string
      readonly keys: readonly string[]
      readonly values?: readonly string[] | undefined
    }
  | { readonly type: 'addElements'; readonly set: string; readonly elements: readonly SetElement[] }
  | { readonly type: 'deleteElements'; readonly set: string; readonly elements: readonly SetElement[] }

export interface ChainHook {
  readonly kind: 'nat' | 'filter'
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'
  readonly priority: number
}

export interface SetElement {
  readonly key: readonly string[]
  readonly value?: readonly string[] | undefined
}
