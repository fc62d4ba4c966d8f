/** world/packet-filter in memory: keeps tables, checks each transaction as the kernel would, and lets tests look. */
import type { FilterOperation, PacketFilter } from '#world/packet-filter.ts'

export interface SimulatedTable {
  readonly chains: Map<string, string[]>
  readonly sets: Map<string, Map<string, string>>
}

export interface SimulatedPacketFilter extends PacketFilter {
  readonly tables: ReadonlyMap<string, SimulatedTable>
  /** Transactions applied so far. */
  readonly transactions: number
}

export function createSimulatedPacketFilter(): SimulatedPacketFilter {
  const tables = new Map<string, SimulatedTable>()
  let transactions = 0
  return {
    tables,
    get transactions() { return transactions },
    apply(table, operations) {
      const changed = applyOperations(tables.get(table), operations)
      tables.set(table, changed)
      transactions++
      return Promise.resolve()
    },
    removeTable(table) {
      tables.delete(table)
      return Promise.resolve()
    },
  }
}

function applyOperations(before: SimulatedTable | undefined, operations: readonly FilterOperation[]): SimulatedTable {
  let table = copyTable(before)
  const setNamed = (name: string): Map<string, string> => {
    const set = table.sets.get(name)
    if (!set) throw new Error(`No such set: ${name}`)
    return set
  }
  for (const operation of operations) {
    switch (operation.type) {
      case 'resetTable': table = copyTable(undefined); break
      case 'addChain': if (!table.chains.has(operation.chain)) table.chains.set(operation.chain, []); break
      case 'addRule': {
        const chain = table.chains.get(operation.chain)
        if (!chain) throw new Error(`No such chain: ${operation.chain}`)
        chain.push(operation.rule)
        break
      }
      case 'addSet': if (!table.sets.has(operation.set)) table.sets.set(operation.set, new Map()); break
      case 'addElements':
        for (const { key, value } of operation.elements) {
          const set = setNamed(operation.set)
          const known = set.get(key.join(' . '))
          const text = value?.join(' . ') ?? ''
          if (known !== undefined && known !== text) {
            throw new Error(`element exists with another value: ${operation.set} ${key.join(' . ')}`)
          }
          set.set(key.join(' . '), text)
        }
        break
      case 'deleteElements':
        for (const { key } of operation.elements) {
          if (!setNamed(operation.set).delete(key.join(' . '))) {
            throw new Error(`No such element: ${operation.set} ${key.join(' . ')}`)
          }
        }
        break
    }
  }
  return table
}

function copyTable(table: SimulatedTable | undefined): SimulatedTable {
  return {
    chains: new Map([...(table?.chains ?? [])].map(([name, rules]) => [name, [...rules]])),
    sets: new Map([...(table?.sets ?? [])].map(([name, elements]) => [name, new Map(elements)])),
  }
}
