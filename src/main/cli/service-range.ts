/** The flag of `skiff up` for the addresses of Services. */
import { maxServiceRange, minServiceRange, type ClusterChoices } from '#bootstrap/cluster-config.ts'
import { formatCidr, networkOf, parseCidr } from '#base/ip.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { CommandFailure, exitCode } from './failure.ts'

export const serviceRangeFlag: Readonly<Record<string, FlagSpecification>> = {
  'service-cluster-ip-range': {
    kind: 'text', help: 'addresses of Services, only for a new cluster; default 10.96.0.0/12 for the first one',
  },
}

/**
 * As the network's own form of what the flag says, else as it was. Throws CommandFailure (usage) for what is no IPv4
 * range of a size that is served, and for another one than an existing cluster has: its certificates and its objects
 * carry addresses of that.
 */
export function chooseServiceRange(flags: Arguments, before: ClusterChoices | undefined): string | undefined {
  const text = flags.text('service-cluster-ip-range')
  if (text === undefined) return before?.serviceRange
  const range = parseCidr(text)
  const isServed = range?.address.family === 4
    && range.prefixLength >= maxServiceRange && range.prefixLength <= minServiceRange
  if (!isServed) {
    throw usage(`--service-cluster-ip-range: "${text}" is not an IPv4 range of /${maxServiceRange} to /${minServiceRange}`,
      '--service-cluster-ip-range 10.0.0.0/24')
  }
  const chosen = formatCidr(networkOf(range))
  if (before && before.serviceRange !== chosen) {
    throw usage(`cluster "${before.name}" has another range of Services already`,
      `leave --service-cluster-ip-range away, or skiff reset --name ${before.name}`)
  }
  return chosen
}

function usage(message: string, cure: string): CommandFailure {
  return new CommandFailure('E-USAGE', message, cure, exitCode.usage)
}
