/** The two finalizers by which a deletion says what becomes of an object's dependents. */

/** Dependents stay, without their owner. */
export const orphanFinalizer = 'orphan'

/** The object stays until its blocking dependents are gone. */
export const foregroundFinalizer = 'foregroundDeletion'
