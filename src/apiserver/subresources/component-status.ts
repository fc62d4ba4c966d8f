/**
 * `componentstatuses`: never stored; made from health checks when asked for. Deprecated since 1.19, and still printed
 * by people.
 */
import { componentStatus } from '#api/core/componentstatus/componentstatus.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Entry } from '#storage/store.ts'
import type { HealthCheck } from '../health.ts'
import { objectNotFound } from '../rest/create.ts'
import { renderOptions } from '../rest/handlers.ts'
import { objectKeyInStore } from '../rest/keys.ts'
import { methodNotServed } from '../rest/refuse.ts'
import { renderEntry, renderList } from '../rest/respond.ts'
import { encodeStored } from '../rest/stored-form.ts'
import type { Subresource } from './kinds-of-subresource.ts'

/** `components` by name: `scheduler`, `controller-manager`, `etcd-0`. */
export function componentStatuses(components: ReadonlyMap<string, HealthCheck>): Subresource {
  return {
    type: 'connect',
    async connect({ context, scope, info, request }) {
      const options = renderOptions(context, request)
      scope.warn('v1 ComponentStatus is deprecated in v1.19+')
      if (info.verb === 'list') {
        const entries = await Promise.all([...components.values()].map(entryOf))
        return renderList(
          { revision: context.store.revision, entries, continue: '', remainingItemCount: undefined }, scope, options,
        )
      }
      if (info.verb !== 'get') throw methodNotServed()
      const check = components.get(info.name)
      if (!check) throw objectNotFound(scope)
      return renderEntry(await entryOf(check), 200, scope, options)
    },
  }
}

async function entryOf({ name, check }: HealthCheck): Promise<Entry> {
  let failure: string | undefined
  try {
    await check()
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  const condition = failure === undefined ? {
    type: 'Healthy', status: 'True', message: 'ok',
  } : { type: 'Healthy', status: 'False', message: failure }
  const object = {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: {
      name,
      uid: '',
      creationTimestamp: null,
    },
    conditions: [condition],
  } as KubeObject
  const value = encodeStored(object)
  return { key: objectKeyInStore(componentStatus, '', name), value, createRevision: 0, modRevision: 0, memo: undefined }
}
