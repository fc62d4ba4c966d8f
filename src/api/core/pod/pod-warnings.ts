/** What is allowed in pods and templates but hardly meant: sentences for the Warning header. */
import type { Container, PodSpec } from '../../gen/core-v1.ts'
import { isWholeQuantity } from '../../quantities.ts'

const oldLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'kubernetes.io/arch', 'beta.kubernetes.io/os': 'kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

const oldLabelSince: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'v1.14', 'beta.kubernetes.io/os': 'v1.14',
}

/** `path`: where the spec is, `spec` or `spec.template.spec`. */
export function podWarnings(spec: PodSpec | undefined, path: string): string[] {
  if (!spec) return []
  const warnings = Object.keys(spec.nodeSelector ?? {}).filter((key) => oldLabels[key] !== undefined).map((key) =>
    `${path}.nodeSelector[${key}]: deprecated since ${oldLabelSince[key] ?? 'v1.17'}; use "${oldLabels[key]}" instead`)
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warnings.push(
      `${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
    )
  }
  for (const field of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (spec[field] ?? []).entries()) {
      warnings.push(...containerWarnings(container, `${path}.${field}[${index}]`))
    }
  }
  return warnings
}

function containerWarnings({ env = [], resources }: Container, path: string): string[] {
  const warnings: string[] = []
  for (const list of ['requests', 'limits'] as const) {
    for (const name of ['memory', 'ephemeral-storage']) {
      const quantity = resources?.[list]?.[name]
      if (quantity !== undefined && !isWholeQuantity(quantity)) {
        warnings.push(
          `${path}.resources.${list}[${name}]: fractional byte value "${quantity}" is invalid, must be an integer`,
        )
      }
    }
  }
  const names = new Set<string>()
  for (const [index, { name }] of env.entries()) {
    if (names.has(name)) {
      warnings.push(
        `${path}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`,
      )
    }
    names.add(name)
  }
  return warnings
}
