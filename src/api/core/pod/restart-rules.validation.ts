/** Rules of a container's own restart policy, and of exit codes that are exceptions from it (KEP-5307). */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { notSupported, required, tooMany } from '#machinery/errors/field-errors.ts'
import type { Container, ContainerRestartRule } from '../../gen/core-v1.ts'
import { validateChoice } from '../../numbers.validation.ts'

const policies = ['Always', 'Never', 'OnFailure']
const maxRules = 20
const maxExitCodes = 255

export function validateRestartPolicy(
  { restartPolicy, restartPolicyRules = [] }: Container, path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (restartPolicy !== undefined && !policies.includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, policies))
  }
  if (restartPolicyRules.length > 0 && restartPolicy === undefined) {
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
  }
  if (restartPolicyRules.length > maxRules) {
    errors.push(tooMany(`${path}.restartPolicyRules`, restartPolicyRules.length, maxRules))
  }
  return [...errors, ...restartPolicyRules.flatMap((rule, index) =>
    validateRule(rule, `${path}.restartPolicyRules[${index}]`))]
}

function validateRule({ action, exitCodes }: ContainerRestartRule, path: string): FieldError[] {
  const errors = validateChoice(action ?? '', ['Restart', 'RestartAllContainers'], `${path}.action`)
  if (!exitCodes) return [...errors, required(`${path}.exitCodes`, 'must be specified')]
  const { operator, values = [] } = exitCodes
  errors.push(...validateChoice(operator ?? '', ['In', 'NotIn'], `${path}.exitCodes.operator`))
  if (values.length > maxExitCodes) errors.push(tooMany(`${path}.exitCodes.values`, values.length, maxExitCodes))
  return errors
}
