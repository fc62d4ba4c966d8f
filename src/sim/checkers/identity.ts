/** An object keeps its uid and creation time, its generation grows only, and it goes only without finalizers. */
import { none, type Checker } from './checker.ts'

export function identity(): Checker {
  const seen = new Set<string>()
  return {
    promise: 'objects keep who they are',
    onChange({ type, resource, name, object, previous }) {
      const { uid = '', generation = 0, creationTimestamp, finalizers = [] } = object.metadata ?? {}
      if (type === 'created') {
        const isNew = uid === '' || !seen.has(uid)
        seen.add(uid)
        return isNew ? none : [`${resource} ${name} has a uid that was used before`]
      }
      // The last finalizer goes in the same write.
      if (type === 'deleted') {
        return finalizers.length <= 1 ? none : [`${resource} ${name} is gone with finalizers ${finalizers.join(' ')}`]
      }
      const before = previous?.metadata
      const problems: string[] = []
      if (before?.uid !== uid) problems.push(`${resource} ${name} changed its uid`)
      if (before?.creationTimestamp !== creationTimestamp) {
        problems.push(`${resource} ${name} changed its creation time`)
      }
      if ((before?.generation ?? 0) > generation) {
        problems.push(`the generation of ${resource} ${name} went back to ${generation}`)
      }
      if (before?.deletionTimestamp && !object.metadata?.deletionTimestamp) {
        problems.push(`${resource} ${name} came back to life`)
      }
      return problems
    },
  }
}
