/** What is allowed in Jobs but hardly meant. */
import type { Stored } from '#machinery/meta/object.ts'
import { podNameWarnings, templateWarnings } from '../../core/pod/pod-warnings.ts'
import type { Job, JobSpec } from '../../gen/batch-v1.ts'

/** The name, on creation; the rest whenever the Job itself changes. */
export function jobWarnings({ metadata, spec }: Job, old: Stored<Job> | undefined): string[] {
  if (old && metadata?.generation === old.metadata.generation) return []
  return [...(old ? [] : podNameWarnings(metadata?.name ?? '')), ...(spec ? jobSpecWarnings(spec, 'spec') : [])]
}

/** `path`: of the Job's spec, or of the one in a CronJob. */
export function jobSpecWarnings(spec: JobSpec, path: string): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec
  return [
    ...(completionMode === 'Indexed' && completions > 100_000 && parallelism > 10_000
      ? [`${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, ` +
        'Kubernetes might not be able to track completedIndexes when a big number of indexes fail'] : []),
    ...templateWarnings(spec.template, `${path}.template`),
  ]
}
