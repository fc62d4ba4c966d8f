/** Whether a container that has ended runs again (KEP-5307, KEP-5532). */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { Container, ContainerRestartRule, PodSpec } from '../../gen/core-v1.ts'

/** One rule that restarts them all is enough. */
export function canRestartAll({ containers, initContainers = [] }: DeepReadonly<PodSpec>): boolean {
  return [...containers, ...initContainers].some(({ restartPolicyRules = [] }) =>
    restartPolicyRules.some(({ action }) => action === 'RestartAllContainers'))
}

/** Its rules come before its policy, that before the pod's. */
export function shouldRestart(container: DeepReadonly<Container>, podPolicy: string, exitCode: number): boolean {
  const { restartPolicy, restartPolicyRules = [] } = container
  const matched = restartPolicy !== undefined && restartPolicyRules.some((rule) => matches(rule, exitCode))
  return matched || allows(restartPolicy ?? podPolicy, exitCode)
}

function matches({ exitCodes }: DeepReadonly<ContainerRestartRule>, exitCode: number): boolean {
  const listed = exitCodes?.values?.includes(exitCode) ?? false
  return exitCodes?.operator === 'NotIn' ? !listed : listed
}

function allows(policy: string, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}
