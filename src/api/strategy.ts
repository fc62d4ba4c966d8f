/**
 * What writing the object and writing its status may each change: the part of upstream's strategies that most
 * kinds share.
 */
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import type { PrepareContext } from '#machinery/schema/define-kind.ts'

export interface WithStatus extends KubeObject {
  spec?: unknown
  status?: unknown
}

export interface StatusStrategy<T extends KubeObject> {
  readonly prepareForCreate: (object: T) => void
  readonly prepareForUpdate: (object: T, old: Stored<T>, context: PrepareContext) => void
}

/**
 * Creation replaces the status by `initial`; an update of the object keeps the old status; an update of the status
 * keeps the old spec. `initial` holds the zero values that Go writes for fields without `omitempty`.
 */
export function separateStatus<T extends WithStatus>(initial: NonNullable<T['status']>): StatusStrategy<T> {
  return {
    prepareForCreate: (object) => { object.status = { ...initial } },
    prepareForUpdate: (object, old, context) => {
      if (context.subresource === 'status') keep(object, old, 'spec')
      else keep(object, old, 'status')
    },
  }
}

/**
 * Puts one field back to what it was, absent included. Parts of stored objects are shared: whoever changes one
 * copies it first.
 */
export function keep<T extends object, Key extends keyof T>(
  object: T, old: DeepReadonly<T> | Stored<T & KubeObject>, field: Key,
): void {
  const value = (old as T)[field]
  if (value === undefined) delete object[field]
  else object[field] = value
}
