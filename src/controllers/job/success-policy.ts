/** When a Job has succeeded though not every number has (KEP-3998). */
import type { SuccessPolicy } from '#api/gen/batch-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { parseIndexes } from './indexes.ts'

/** What the condition says of the first rule that holds; undefined when none does. */
export function matchSuccessPolicy(
  policy: DeepReadonly<SuccessPolicy> | undefined, completions: number, succeeded: ReadonlySet<number>,
): string | undefined {
  if (!policy || succeeded.size === 0) return undefined
  const matched = policy.rules.findIndex(({ succeededIndexes, succeededCount = Infinity }) => {
    if (succeededIndexes === undefined) return succeeded.size >= succeededCount
    const wanted = parseIndexes(succeededIndexes, completions)
    if (wanted.size === 0) return false
    const reached = wanted.intersection(succeeded).size
    return reached === wanted.size || reached >= succeededCount
  })
  return matched < 0 ? undefined : `Matched rules at index ${matched}`
}
