/** Whether the parts of a control plane are alive. */
import type { HealthCheck } from '#apiserver/health.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'

/** What `kubectl get componentstatuses` asks. */
export function componentChecks(
  alive: ReadonlySet<string>, store: Store, clock: Clock,
): ReadonlyMap<string, HealthCheck> {
  const loop = (name: string): HealthCheck => ({
    name,
    check() {
      if (!alive.has(name)) throw new Error('it does not run')
    },
  })
  const storage = storeCheck('etcd-0', store, clock)
  return new Map([loop('scheduler'), loop('controller-manager'), storage].map((check) => [check.name, check]))
}

/** As long as upstream's `--etcd-healthcheck-timeout`. */
const storeCheckMs = 2_000

/** Whether the store answers; not only from what is known here. */
export function storeCheck(name: string, store: Store, clock: Clock): HealthCheck {
  return {
    name,
    async check() {
      const late = Promise.withResolvers<never>()
      const timer = clock.schedule(storeCheckMs, () => late.reject(new Error('context deadline exceeded')))
      try {
        await Promise.race([store.read(), late.promise])
      } finally {
        timer.cancel()
      }
    },
  }
}

/** The component counts as alive for as long as `run` takes. */
export async function whileAlive(alive: Set<string>, name: string, run: () => Promise<void>): Promise<void> {
  alive.add(name)
  try {
    await run()
  } finally {
    alive.delete(name)
  }
}
