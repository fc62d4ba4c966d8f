/** Checks of what must hold if this program is right. A failure is a bug here, never a client's mistake. */

/** A broken invariant: whoever catches it should stop the component, not retry. */
class InvariantError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'InvariantError'
  }
}

/** Throws InvariantError with `message` unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** Marks the branch that no member of a union can reach; a compile error when one can. */
export function assertNever(value: never, message = 'unexpected value'): never {
  throw new InvariantError(`${message}: ${describe(value)}`)
}

/** The value, where undefined or null would be a bug. */
export function present<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new InvariantError(message)
  return value
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch (error) {
    return `a value that cannot be shown (${String(error)})`
  }
}
