/** What a Job makes of a failed pod: count it, overlook it, give up its number, or give up altogether (KEP-3329). */
import type { PodFailurePolicy, PodFailurePolicyRule } from '#api/gen/batch-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { StoredPod } from '../workload/pods.ts'

export type Verdict =
  | { readonly type: 'count' }
  | { readonly type: 'ignore' }
  | { readonly type: 'failIndex' }
  | { readonly type: 'failJob'; readonly message: string }

/** The first rule that matches decides; without one the failure counts. */
export function judge(policy: DeepReadonly<PodFailurePolicy> | undefined, pod: StoredPod): Verdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const reason = matchExitCode(rule, pod) ?? matchCondition(rule, pod)
    if (reason === undefined) continue
    switch (rule.action) {
      case 'FailJob': return { type: 'failJob', message: `${reason} matching FailJob rule at index ${index}` }
      case 'FailIndex': return { type: 'failIndex' }
      case 'Ignore': return { type: 'ignore' }
      default: return { type: 'count' }
    }
  }
  return { type: 'count' }
}

function matchExitCode(
  { onExitCodes }: DeepReadonly<PodFailurePolicyRule>,
  { metadata, status }: StoredPod,
): string | undefined {
  if (!onExitCodes) return undefined
  const { containerName, operator, values = [] } = onExitCodes
  for (const container of [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]) {
    const exitCode = container.state?.terminated?.exitCode
    if (exitCode === undefined || exitCode === 0 || (containerName && containerName !== container.name)) continue
    if (values.includes(exitCode) === (String(operator) === 'In')) {
      return `Container ${container.name} for pod ${metadata.namespace}/${metadata.name} failed with exit code ${exitCode}`
    }
  }
  return undefined
}

function matchCondition(
  { onPodConditions }: DeepReadonly<PodFailurePolicyRule>,
  { metadata, status }: StoredPod,
): string | undefined {
  for (const pattern of onPodConditions ?? []) {
    const found = status?.conditions?.find(({ type }) => type === pattern.type)
    if (found?.status === (pattern.status ?? 'True')) {
      return `Pod ${metadata.namespace}/${metadata.name} has condition ${pattern.type}`
    }
  }
  return undefined
}
