/** A value that everybody shares who has it, and that is gone with the last of them. */

export type SharedValue<T extends object> = WeakRef<T>

/**
 * Keeps nothing alive. The only place for a weak reference outside the host: what it gives depends on when memory is
 * freed, so it must be given nothing that cannot be made again, equal to what was. Then nobody can tell: those who have
 * the value at one time have the same one, and whoever comes after them an equal one.
 */
export function shareValue<T extends object>(value: T): SharedValue<T> {
  return new WeakRef(value)
}

/** Undefined: nobody has it any more. */
export function valueIfShared<T extends object>(shared: SharedValue<T> | undefined): T | undefined {
  return shared?.deref()
}
