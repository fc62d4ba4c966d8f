/** A pod's runtime class brings its overhead and the nodes that can run it. */
import type { Pod, Toleration } from '#api/gen/core-v1.ts'
import type { RuntimeClass } from '#api/gen/node-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { compareQuantities, parseQuantity } from '#machinery/quantity.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { podOf, refuse } from '../refusal.ts'

const mismatch = 'pod rejected: Pod\'s Overhead doesn\'t match RuntimeClass\'s defined Overhead'

export const runtimeClassAdmission: AdmissionPlugin = {
  name: 'RuntimeClass',
  mutate(attributes, context) {
    const pod = podOf(attributes)
    if (!pod?.spec || attributes.operation !== 'CREATE') return
    const found = findClass(attributes, context, pod)
    if (found?.overhead) {
      const fixed = found.overhead.podFixed ?? {}
      if (pod.spec.overhead !== undefined && !sameAmounts(fixed, pod.spec.overhead)) throw refuse(attributes, mismatch)
      pod.spec.overhead = { ...fixed }
    }
    if (found?.scheduling) setScheduling(attributes, pod, found)
  },
  validate(attributes, context) {
    const pod = podOf(attributes)
    if (!pod?.spec || attributes.operation !== 'CREATE') return
    const found = findClass(attributes, context, pod)
    if (found?.overhead) {
      if (!sameAmounts(found.overhead.podFixed ?? {}, pod.spec.overhead ?? {})) throw refuse(attributes, mismatch)
    } else if (pod.spec.overhead !== undefined) {
      throw refuse(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    }
  },
}

function findClass(
  attributes: AdmissionAttributes, context: AdmissionContext, pod: Pod,
): Stored<RuntimeClass> | undefined {
  const name = pod.spec!.runtimeClassName
  if (name === undefined) return undefined
  const found = context.get<RuntimeClass>({ group: 'node.k8s.io', plural: 'runtimeclasses' }, '', name)
  if (!found) throw refuse(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
  return found
}

function setScheduling(attributes: AdmissionAttributes, pod: Pod, { scheduling }: Stored<RuntimeClass>): void {
  const spec = pod.spec!
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key]
    if (own !== undefined && own !== value) {
      throw refuse(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      )
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
  }
  const added = (scheduling?.tolerations ?? []).filter(
    (toleration) => !(spec.tolerations ?? []).some((own) => sameToleration(own, toleration)),
  )
  if (added.length > 0) {
    spec.tolerations = [...(spec.tolerations ?? []), ...added.map((toleration) => ({ ...toleration }))]
  }
}

function sameToleration(a: Readonly<Toleration>, b: Readonly<Toleration>): boolean {
  return (
    a.key === b.key
    && a.operator === b.operator
    && a.value === b.value
    && a.effect === b.effect
    && a.tolerationSeconds === b.tolerationSeconds
  )
}

function sameAmounts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length
    && keys.every(
      (key) => b[key] !== undefined && compareQuantities(parseQuantity(a[key]!), parseQuantity(b[key])) === 0,
    )
  )
}
