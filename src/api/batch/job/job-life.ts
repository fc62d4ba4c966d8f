/** Whether a Job has come to its end, as its conditions tell. */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { Job, JobCondition } from '../../gen/batch-v1.ts'

/** The condition `Complete` or `Failed` of a Job that has ended; undefined while it has not. */
export function finishedConditionOf({ status }: DeepReadonly<Job>): DeepReadonly<JobCondition> | undefined {
  return status?.conditions?.find(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  )
}
