/** Resource versions only grow and are never used twice. */
import { none, type Checker } from './checker.ts'

export function revisions(): Checker {
  let newest = 0
  return {
    promise: 'resource versions only grow and are never reused',
    onChange({ revision, resource, name, type, object }) {
      const problems = [
        ...(revision > newest ? none : [`${resource} ${name} was written at ${revision} after ${newest}`]),
        ...(type === 'deleted' || object.metadata?.resourceVersion === String(revision) ? none
          : [`${resource} ${name} says ${object.metadata?.resourceVersion} at ${revision}`]),
      ]
      newest = Math.max(newest, revision)
      return problems
    },
  }
}
