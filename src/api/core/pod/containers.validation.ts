/** Rules of containers: regular, init, and ephemeral ones. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  required,
  valueNotFound,
} from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validatePortName, validatePortNumber } from '#machinery/meta/validate-names.ts'
import type { Container, ContainerPort, EphemeralContainer, PodSpec, Volume } from '../../gen/core-v1.ts'
import { validateRequiredChoice } from '../../numbers.validation.ts'
import { validateEnv, validateEnvFrom } from './env.validation.ts'
import { validateLifecycle, validateProbes } from './handlers.validation.ts'
import { validateVolumeDevices, validateVolumeMounts } from './mounts.validation.ts'
import type { PodValidationOptions } from './pod-options.ts'
import { claimNamesOf, validateResourceRequirements } from './resources.validation.ts'
import { validateRestartPolicy } from './restart-rules.validation.ts'
import { validateSecurityContext } from './security.validation.ts'

/** What containers may refer to, and what of the pod decides about them. */
export interface ContainerContext {
  readonly spec: PodSpec
  readonly volumes: ReadonlyMap<string, Volume>
  readonly options: PodValidationOptions
}

export function validateContainers(context: ContainerContext, path: string): FieldError[] {
  const containers = context.spec.containers ?? []
  if (containers.length === 0) return [required(path)]
  const names = new Set<string>()
  const grace = context.spec.terminationGracePeriodSeconds
  const errors = containers.flatMap((container, index) => {
    const at = `${path}[${index}]`
    const found = validateCommon(container, context, at)
    if (names.has(container.name)) found.push(duplicateValue(`${at}.name`, container.name))
    names.add(container.name)
    found.push(
      ...validateLifecycle(container.lifecycle, grace, `${at}.lifecycle`), ...validateProbes(container, grace, at),
    )
    return [...found, ...validateRestartPolicy(container, at)]
  })
  return [...errors, ...validateHostPorts(containers, path)]
}

export function validateInitContainers(context: ContainerContext, path: string): FieldError[] {
  const { spec } = context
  const names = new Set((spec.containers ?? []).map(({ name }) => name))
  const grace = spec.terminationGracePeriodSeconds
  return (spec.initContainers ?? []).flatMap((container, index) => {
    const at = `${path}[${index}]`
    const errors = [...validateCommon(container, context, at), ...validateRestartPolicy(container, at)]
    if (names.has(container.name)) errors.push(duplicateValue(`${at}.name`, container.name))
    else if (container.name) names.add(container.name)
    // Init containers run one after the other, so their ports do not meet.
    errors.push(...validateHostPorts([container], path))
    if (container.restartPolicy === 'Always') {
      return [
        ...errors,
        ...validateLifecycle(container.lifecycle, grace, `${at}.lifecycle`),
        ...validateProbes(container, grace, at),
      ]
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field]) {
        errors.push(forbiddenValue(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'))
      }
    }
    if (context.options.allowExistingRestartContainerForNonSidecarInitContainer) return errors
    for (const [position, { restartPolicy }] of (container.resizePolicy ?? []).entries()) {
      if (restartPolicy !== 'RestartContainer') continue
      errors.push(invalidValue(`${at}.resizePolicy[${position}].restartPolicy`, restartPolicy,
        "must not be set to 'RestartContainer' for non-sidecar initContainers"))
    }
    return errors
  })
}

/** What a container for looking around may not have, in upstream's order: it does not serve, and is not supervised. */
const notEphemeral = [
  'ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules', 'livenessProbe', 'readinessProbe',
  'startupProbe', 'lifecycle',
] as const

export function validateEphemeralContainers(context: ContainerContext, path: string): FieldError[] {
  const { spec } = context
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name))
  const names = new Set(others)
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const at = `${path}[${index}]`
    const errors = [...validateCommon(container, context, at), ...validateImage(container, at)]
    if (names.has(container.name)) errors.push(duplicateValue(`${at}.name`, container.name))
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.has(target)) errors.push(valueNotFound(`${at}.targetContainerName`, target))
    return [...errors, ...validateEphemeralFields(container, at)]
  })
}

function validateEphemeralFields(container: EphemeralContainer, path: string): FieldError[] {
  const detail = 'cannot be set for an Ephemeral Container'
  const errors = notEphemeral.filter((field) => isSet(container[field as keyof EphemeralContainer]))
    .map((field) => forbiddenValue(`${path}.${field}`, detail))
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    for (const field of ['subPath', 'subPathExpr'] as const) {
      if (mount[field]) errors.push(forbiddenValue(`${path}.volumeMounts[${index}].${field}`, detail))
    }
  }
  return errors
}

/** Resources are always there, if only empty. */
function isSet(value: unknown): boolean {
  return value !== undefined && JSON.stringify(value) !== '{}'
}

/** Of a pod, not of a template. */
export function validateImage({ image = '' }: Container | EphemeralContainer, path: string): FieldError[] {
  return image === image.trim() ? []
    : [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')]
}

function validateCommon(
  container: Container | EphemeralContainer, context: ContainerContext, path: string,
): FieldError[] {
  const { name, image = '', terminationMessagePolicy, imagePullPolicy } = container
  const errors = name ? invalidFor(`${path}.name`, name, validateDns1123Label(name)) : [required(`${path}.name`)]
  if (image === '') errors.push(required(`${path}.image`))
  return [
    ...errors,
    ...validateRequiredChoice(
      terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], `${path}.terminationMessagePolicy`,
    ),
    ...validatePorts(container.ports ?? [], `${path}.ports`),
    ...validateEnv(container.env ?? [], `${path}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`),
    ...validateVolumeMounts(container, context.volumes, `${path}.volumeMounts`),
    ...validateVolumeDevices(container, context.volumes, `${path}.volumeDevices`),
    ...validateRequiredChoice(imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.imagePullPolicy`),
    ...validateResourceRequirements(
      container.resources, `${path}.resources`, claimNamesOf(context.spec), context.options,
    ),
    ...validateResizePolicy(container, context.spec, `${path}.resizePolicy`),
    ...validateSecurityContext(container.securityContext, context.spec.hostUsers !== false, `${path}.securityContext`),
  ]
}

function validateResizePolicy({ resizePolicy }: Container, spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>()
  return (resizePolicy ?? []).flatMap(({ resourceName, restartPolicy: policy }, index) => {
    const errors: FieldError[] = []
    if (seen.has(resourceName)) errors.push(duplicateValue(`${path}[${index}]`, resourceName))
    seen.add(resourceName)
    errors.push(
      ...validateRequiredChoice(resourceName, ['cpu', 'memory'], path),
      ...validateRequiredChoice(policy, ['NotRequired', 'RestartContainer'], path),
    )
    if (spec.restartPolicy === 'Never' && policy !== 'NotRequired') {
      errors.push(invalidValue(path, policy ?? '', "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
    }
    return errors
  })
}

function validatePorts(ports: readonly ContainerPort[], path: string): FieldError[] {
  const names = new Set<string>()
  return ports.flatMap(({ name, containerPort, hostPort, protocol }, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if (name) {
      const problems = validatePortName(name)
      if (problems.length > 0) errors.push(...invalidFor(`${at}.name`, name, problems))
      else if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name))
      else names.add(name)
    }
    if (!containerPort) errors.push(required(`${at}.containerPort`))
    else errors.push(...invalidFor(`${at}.containerPort`, containerPort, validatePortNumber(containerPort)))
    if (hostPort) errors.push(...invalidFor(`${at}.hostPort`, hostPort, validatePortNumber(hostPort)))
    return [...errors, ...validateRequiredChoice(protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`)]
  })
}

/** Two containers of a pod cannot have the same port of the node. */
function validateHostPorts(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>()
  return containers.flatMap(({ ports }, container) =>
    (ports ?? []).flatMap(({ hostPort, hostIP = '', protocol }, index) => {
      if (!hostPort) return []
      const key = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(key)) return [duplicateValue(`${path}[${container}].ports[${index}].hostPort`, key)]
      taken.add(key)
      return []
    }),
  )
}
