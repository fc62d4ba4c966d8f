/** Control groups that are only remembered. */
import type { CgroupLimits, Cgroups } from '#world/cgroups.ts'

export interface SimulatedCgroups extends Cgroups {
  readonly groups: ReadonlyMap<string, CgroupLimits>
}

export function createSimulatedCgroups(): SimulatedCgroups {
  const groups = new Map<string, CgroupLimits>()
  return {
    groups,
    async apply(path, limits) {
      groups.set(path, { ...groups.get(path), ...limits })
    },
    async remove(path) {
      for (const name of groups.keys()) if (name === path || name.startsWith(`${path}/`)) groups.delete(name)
    },
    async children(path) {
      return [...groups.keys()]
        .filter((name) => name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes('/'))
        .map((name) => name.slice(path.length + 1))
    },
    usage: async () => undefined,
  }
}
