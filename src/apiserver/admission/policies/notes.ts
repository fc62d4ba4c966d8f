/** What validating policies leave in the audit log. */
import { escapeHtml } from '#machinery/errors/field-errors.ts'
import type { AuditTrail } from '../../audit/trail.ts'

/** As it is written, in this order. */
export interface FailureNote {
  readonly message: string
  readonly policy: string
  readonly binding: string
  readonly expressionIndex: number
  readonly validationActions: readonly string[]
}

export interface PolicyNotes {
  /** A validation that failed, of a binding whose actions have Audit. The last one is told. */
  failed(note: FailureNote): void
  /** A policy's own annotation. Values that several bindings give are joined. */
  say(key: string, value: string): void
  writeTo(audit: AuditTrail): void
}

const failureKey = 'validation.policy.admission.k8s.io/validation_failure'
const maxValueLength = 10 * 1024

/** Of one request. */
export function createNotes(): PolicyNotes {
  let failure: FailureNote | undefined
  const values = new Map<string, Set<string>>()
  return {
    failed: (note) => { failure = note },
    say(key, value) {
      if (value === '') return
      const known = values.get(key) ?? new Set()
      values.set(key, known.add(value.slice(0, maxValueLength)))
    },
    writeTo(audit) {
      for (const [key, said] of values) audit.annotate(key, [...said].join(', '))
      if (failure) audit.annotate(failureKey, escapeHtml(JSON.stringify([failure])))
    },
  }
}
