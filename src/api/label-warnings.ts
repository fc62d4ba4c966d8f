/** Labels of nodes that have newer names. */
import type { NodeSelectorTerm } from './gen/core-v1.ts'
import { validateLabelValue } from '#machinery/meta/validate-names.ts'

const renamed: Readonly<Record<string, readonly [since: string, name: string]>> = {
  'beta.kubernetes.io/arch': ['v1.14', 'kubernetes.io/arch'],
  'beta.kubernetes.io/os': ['v1.14', 'kubernetes.io/os'],
  'failure-domain.beta.kubernetes.io/region': ['v1.17', 'topology.kubernetes.io/region'],
  'failure-domain.beta.kubernetes.io/zone': ['v1.17', 'topology.kubernetes.io/zone'],
  'beta.kubernetes.io/instance-type': ['v1.17', 'node.kubernetes.io/instance-type'],
}

/** What the label is called today; undefined for one that has kept its name. */
export function newNameOf(key: string): string | undefined {
  return renamed[key]?.[1]
}

/** `deprecated since v1.14; use "kubernetes.io/os" instead`; undefined for a label that is as good as any. */
export function deprecatedNodeLabel(key: string): string | undefined {
  const found = renamed[key]
  return found && `deprecated since ${found[0]}; use "${found[1]}" instead`
}

/** `checkValues`: for a preference, whose values no validation looks at. */
export function nodeSelectorTermWarnings(term: NodeSelectorTerm, checkValues: boolean, path: string): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key, values = [] }, index) => {
    const at = `${path}.matchExpressions[${index}]`
    const message = deprecatedNodeLabel(key)
    return [
      ...(message === undefined ? [] : [`${at}.key: ${key} is ${message}`]),
      ...(checkValues ? values.flatMap((value, position) =>
        validateLabelValue(value).map((problem) => `${at}.values[${position}]: ${problem}`)) : []),
    ]
  })
}
