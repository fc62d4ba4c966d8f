/**
 * StorageVersionMigrations: has every object of a resource written anew, so that all lie in the store in the current
 * version, and under the current keys (upstream: pkg/controller/storageversionmigrator).
 */
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import type { StorageVersionMigration } from '#api/gen/storagemigration-v1beta1.ts'
import { storageVersionMigration } from '#api/storagemigration/storageversionmigration/storageversionmigration.ts'
import type { Client } from '#client/client.ts'
import { WorkQueue } from '#client/workqueue.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import { isConditionTrue, withCondition } from '#machinery/meta/conditions.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { defineLoop, type ControllerContext } from '../driver/define-controller.ts'
import { builtInResources, customResources, type ServedResource } from '../workload/resources.ts'

type Migration = Stored<StorageVersionMigration>

const name = 'storage-version-migrator-controller'
const pageSize = 500
/** A definition may have come just now. */
const patienceMs = 60_000

export const storageVersionMigrationController = defineLoop({
  name: 'storage-version-migrator',
  // It reads and writes objects of every kind, as the collector does; the default policy has no role of its own for it.
  serviceAccount: 'generic-garbage-collector',
  run: (context, signal) => new Migrator(context).run(signal),
})

class Migrator {
  readonly #context: ControllerContext
  readonly #queue: WorkQueue

  constructor(context: ControllerContext) {
    this.#context = context
    this.#queue = new WorkQueue({ clock: context.clock })
  }

  /** One migration at a time: each is a storm of writes by itself. */
  async run(signal: AbortSignal): Promise<void> {
    const { informers, log } = this.#context
    const add = ({ metadata }: Migration): void => this.#queue.add(metadata.name)
    const end = informers.of(storageVersionMigration).subscribe({
      onAdd: add, onUpdate: (_, migration) => add(migration), onDelete: () => {},
    })
    try {
      await this.#queue.each(signal, async (key) => {
        try {
          await this.#sync(key, signal)
          this.#queue.forget(key)
        } catch (error) {
          if (signal.aborted) return
          const retryMs = this.#queue.addRateLimited(key)
          if (!isReason(error, 'Conflict')) log.warn('could not migrate', { name: key, error: String(error), retryMs })
        }
      })
    } finally {
      end()
    }
  }

  async #sync(key: string, signal: AbortSignal): Promise<void> {
    const { informers, client, clock } = this.#context
    const migration = informers.of(storageVersionMigration).list().find(({ metadata }) => metadata.name === key)
    const { conditions, resourceVersion } = migration?.status ?? {}
    if (!migration || isConditionTrue(conditions, 'Succeeded') || isConditionTrue(conditions, 'Failed')) return
    const resource = this.#find(migration)
    if (!resource) {
      const age = clock.now() - Date.parse(migration.metadata.creationTimestamp)
      if (age < patienceMs) throw new Error('the resource is not served')
      return await this.#conclude(migration, 'Failed', 'resource does not exist in discovery')
    }
    if (!resourceVersion) {
      const { metadata } = await client.resource(resource.name).list({ limit: 1, signal })
      const status = { ...migration.status, resourceVersion: metadata.resourceVersion ?? '' }
      await client.of(storageVersionMigration).updateStatus({ ...migration, status }, { signal })
      return
    }
    if (!isConditionTrue(conditions, 'Running')) return await this.#conclude(migration, 'Running', '')
    const failure = await migrateAll(client, resource, signal)
    await this.#conclude(migration, failure === undefined ? 'Succeeded' : 'Failed', failure ?? '')
  }

  #find({ spec }: Migration): ServedResource | undefined {
    const definitions = this.#context.informers.of(customResourceDefinition).list()
    return [...builtInResources(['list', 'patch']), ...customResources(definitions)]
      .find(({ name: { group, resource } }) =>
        group === (spec?.resource.group ?? '') && resource === spec?.resource.resource)
  }

  async #conclude(migration: Migration, type: keyof typeof reasons, message: string): Promise<void> {
    const now = formatTime(this.#context.clock.now())
    const reason = reasons[type]
    let conditions = withCondition(migration.status?.conditions, { type, status: 'True', reason, message }, now)
    if (type !== 'Running' && isConditionTrue(conditions, 'Running')) {
      const running = { type: 'Running', status: 'False', reason: reasons.Running, message: '' }
      conditions = withCondition(conditions, running, now)
    }
    const status = { ...migration.status, conditions }
    await this.#context.client.of(storageVersionMigration).updateStatus({ ...migration, status } as Migration)
  }
}

const reasons = {
  Running: 'StorageVersionMigrationInProgress', Succeeded: 'StorageVersionMigrationSucceeded',
  Failed: 'StorageVersionMigrationFailed',
} as const

/** Writes nothing into objects but their own bytes. What is wrong, or undefined when all have been written. */
async function migrateAll(client: Client, resource: ServedResource, signal: AbortSignal): Promise<string | undefined> {
  const { group, version } = resource.name
  const type = { apiVersion: group === '' ? version : `${group}/${version}`, kind: resource.kind }
  let from = ''
  do {
    const page = await client.resource<KubeObject>(resource.name).list({ limit: pageSize, continue: from, signal })
    for (const { metadata } of page.items) {
      const { name: object, namespace, uid, resourceVersion } = metadata
      // With both, an object that was changed, deleted or made anew is a conflict: then there is nothing left to do.
      const configuration = { ...type, metadata: { name: object, namespace, uid, resourceVersion } } as KubeObject
      try {
        await client.resource<KubeObject>(resource.name, namespace).apply(configuration, { fieldManager: name, signal })
      } catch (error) {
        signal.throwIfAborted()
        if (!isReason(error, 'Conflict') && !isReason(error, 'NotFound')) return 'migration encountered unhandled error'
      }
    }
    from = page.metadata.continue ?? ''
  } while (from !== '')
  return undefined
}
