/** world/network-config in memory: remembers what was asked for. */
import type { NetworkChange, NetworkConfig } from '#world/network-config.ts'

export interface SimulatedNetworkConfig extends NetworkConfig {
  readonly applied: readonly NetworkChange[]
}

export function createSimulatedNetworkConfig(ownAddresses: readonly string[]): SimulatedNetworkConfig {
  let applied: readonly NetworkChange[] = []
  return {
    get applied() { return applied },
    apply(changes) {
      applied = [...applied, ...changes]
      return Promise.resolve()
    },
    removeInterface(name) {
      applied = applied.filter((change) => !(change.type === 'bridge' && change.name === name))
      return Promise.resolve()
    },
    addresses: () => Promise.resolve(ownAddresses),
  }
}
