/**
 * THE list of checkers. What else must hold, the simulation itself sees: writes that a crash lost, errors in logs,
 * writes without end.
 */
import { availability } from './availability.ts'
import { binding } from './binding.ts'
import type { Checker } from './checker.ts'
import { clusterIps } from './cluster-ips.ts'
import { containers } from './containers.ts'
import { convergence } from './convergence.ts'
import { endpoints } from './endpoints.ts'
import { garbage } from './garbage.ts'
import { identity } from './identity.ts'
import { proxies } from './proxies.ts'
import { replicas } from './replicas.ts'
import { restarts } from './restarts.ts'
import { revisions } from './revisions.ts'

export function createCheckers(): readonly Checker[] {
  return [
    revisions(),
    identity(),
    binding(),
    clusterIps(),
    replicas(),
    availability(),
    garbage(),
    containers(),
    restarts(),
    endpoints(),
    proxies(),
    convergence(),
  ]
}
