/** Whether a container that has ended starts again: the pod's policy, the container's own, and its rules (KEP-5307). */
import type { AnyContainer, ContainerRole, PodObject } from '../types.ts'

export function restartsAfter(pod: PodObject, role: ContainerRole, container: AnyContainer, exitCode: number): boolean {
  if (role === 'ephemeral') return false
  if (role === 'sidecar') return true
  for (const rule of container.restartPolicyRules ?? []) {
    const values = rule.exitCodes?.values ?? []
    const matches = rule.exitCodes?.operator === 'NotIn' ? !values.includes(exitCode) : values.includes(exitCode)
    if (rule.exitCodes && matches) return rule.action === 'Restart'
  }
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always'
  // An init container that has succeeded is done, whatever the policy.
  if (role === 'init' && exitCode === 0) return false
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}
