/** Parts of a running pod that may still change: its ephemeral containers, and the resources of its containers. */
import type { Container, EphemeralContainer, Pod } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import { validateDns1123Label } from '#machinery/meta/validate-names.ts'
import type { Subresource } from './kinds-of-subresource.ts'

/** What each subresource takes over into the pod is in the pod's own prepareForUpdate; here is what it may take. */
export const podEphemeralContainers: Subresource = {
  type: 'rules', mayGet: true,
  variation: () => ({
    validate: (object, old) => validateEphemeralContainers((object as Pod).spec?.ephemeralContainers ?? [], object as Pod, old as Stored<Pod>),
  }),
}

export const podResize: Subresource = {
  type: 'rules', mayGet: true,
  variation: () => ({ validate: (object, old) => validateResize(object, old) }),
}

function validateEphemeralContainers(wanted: readonly EphemeralContainer[], object: Pod, old: Stored<Pod>): FieldError[] {
  const field = 'spec.ephemeralContainers'
  const errors: FieldError[] = []
  const names = new Set([...(object.spec?.containers ?? []), ...(object.spec?.initContainers ?? [])].map(({ name }) => name))
  wanted.forEach((container, index) => {
    const path = `${field}[${index}]`
    if (!container.name) errors.push(required(`${path}.name`, ''))
    else errors.push(...invalidFor(`${path}.name`, container.name, validateDns1123Label(container.name)))
    if (names.has(container.name)) errors.push(duplicateValue(`${path}.name`, container.name))
    names.add(container.name)
    if (!container.image) errors.push(required(`${path}.image`, ''))
    for (const forbidden of ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'resizePolicy'] as const) {
      const value = (container as unknown as Record<string, unknown>)[forbidden]
      if (value !== undefined && !(Array.isArray(value) && value.length === 0)) {
        errors.push(forbiddenValue(`${path}.${forbidden}`, 'cannot be set for an Ephemeral Container'))
      }
    }
    const target = container.targetContainerName
    if (target && !(object.spec?.containers ?? []).some(({ name }) => name === target)) {
      errors.push({ type: 'FieldValueNotFound', field: `${path}.targetContainerName`, message: `Not found: ${JSON.stringify(target)}` })
    }
  })
  const before = old.spec?.ephemeralContainers ?? []
  const kept = new Map(wanted.map((container) => [container.name, container]))
  before.forEach((container) => {
    const now = kept.get(container.name)
    if (!now) errors.push(forbiddenValue(field, `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed\n`))
    else if (!semanticEqual(now, container)) {
      errors.push(forbiddenValue(field, `existing ephemeral containers ${JSON.stringify(container.name)} may not be changed\n`))
    }
  })
  return errors
}

function validateResize(object: KubeObject, old: Stored<KubeObject>): FieldError[] {
  const pod = object as Pod
  const before = old as Stored<Pod>
  const errors: FieldError[] = []
  if (before.status?.qosClass && pod.status?.qosClass && before.status.qosClass !== pod.status.qosClass) {
    errors.push(invalidValue('spec', before.status.qosClass, 'Pod QOS Class may not change as a result of resizing'))
  }
  const check = (list: 'containers' | 'initContainers'): void => {
    (pod.spec?.[list] ?? []).forEach((container, index) => {
      const other = before.spec?.[list]?.[index]
      if (other) errors.push(...validateResources(container, other, `spec.${list}[${index}].resources`))
    })
  }
  check('containers')
  check('initContainers')
  return errors
}

const resizable: ReadonlySet<string> = new Set(['cpu', 'memory'])

function validateResources(container: Container, old: DeepReadonly<Container>, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const part of ['limits', 'requests'] as const) {
    const now = container.resources?.[part] ?? {}
    const before = old.resources?.[part] ?? {}
    for (const name of new Set([...Object.keys(now), ...Object.keys(before)])) {
      if (now[name] === before[name]) continue
      if (!resizable.has(name)) errors.push(forbiddenValue(path, 'only cpu and memory resources are mutable'))
      else if (now[name] === undefined) errors.push(forbiddenValue(`${path}.${part}`, `resource ${part} cannot be removed`))
    }
  }
  return errors
}
