/** No two services have one cluster address or one node port. */
import type { Service } from '#api/gen/core-v1.ts'
import { none, type Checker } from './checker.ts'

export function clusterIps(): Checker {
  return {
    promise: 'cluster addresses and node ports are unique',
    onChange({ resource, type }, { history }) {
      if (resource !== 'services' || type === 'deleted') return none
      const owners = new Map<string, string>()
      const problems: string[] = []
      for (const [name, { spec }] of history.of<Service>('services')) {
        const addresses = (spec?.clusterIPs ?? []).filter((address) => address !== 'None')
        const ports = (spec?.ports ?? [])
          .filter(({ nodePort }) => nodePort)
          .map(({ nodePort, protocol }) => `${protocol} ${nodePort}`)
        for (const what of [...addresses, ...ports]) {
          const other = owners.get(what)
          if (other !== undefined && other !== name) problems.push(`${what} belongs to ${other} and to ${name}`)
          owners.set(what, name)
        }
      }
      return problems
    },
  }
}
