/** Validation of Namespaces: finalizers, and the phase that goes with deletion. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue } from '#machinery/errors/field-errors.ts'
import { foregroundFinalizer, orphanFinalizer } from '#machinery/meta/finalizers.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type { Namespace } from '../../gen/core-v1.ts'

/** Finalizers without a prefix that upstream knows. */
const standardFinalizers = new Set(['kubernetes', orphanFinalizer, foregroundFinalizer])

export function validateNamespace(object: DeepReadonly<Namespace>): FieldError[] {
  return (object.spec?.finalizers ?? []).flatMap((finalizer) => validateFinalizerName(finalizer, 'spec.finalizers'))
}

/** On their own endpoint faults of finalizers carry the index. */
export function validateNamespaceFinalize(object: DeepReadonly<Namespace>): FieldError[] {
  return (object.spec?.finalizers ?? []).flatMap((finalizer, index) =>
    validateFinalizerName(finalizer, `spec.finalizers[${index}]`),
  )
}

function validateFinalizerName(finalizer: string, path: string): FieldError[] {
  const errors = invalidFor(path, finalizer, validateQualifiedName(finalizer))
  if (!finalizer.includes('/') && !standardFinalizers.has(finalizer)) {
    errors.push(invalidValue(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'))
  }
  return errors
}

/** A namespace that is not being deleted is Active; one that is, is Terminating. */
export function validateNamespaceStatusUpdate(object: Namespace): FieldError[] {
  const phase = object.status?.phase ?? ''
  if (object.metadata?.deletionTimestamp) {
    return phase === 'Terminating' ? []
      : [invalidValue('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")]
  }
  return phase === 'Active' ? []
    : [invalidValue('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")]
}
