/** Label selectors as one line of text, the way tables and kubectl show them. */

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[] | undefined
}

export interface LabelSelectorLike {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined
  readonly matchExpressions?: readonly Requirement[] | undefined
}

/** `a=b,c=d`, sorted by key; `<none>` when empty. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(labels ?? {}).toSorted(byKey)
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(',')
}

/** metav1.FormatLabelSelector: `<none>` for an empty selector, `<error>` for an unknown operator. */
export function formatLabelSelector(selector: LabelSelectorLike | undefined): string {
  const text = formatSelector(selector)
  return text === '' ? '<none>' : text
}

/** The selector itself, empty when it selects everything. */
export function formatSelector(selector: LabelSelectorLike | undefined): string {
  const requirements: [key: string, text: string][] = []
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) requirements.push([key, `${key}=${value}`])
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const listed = [...(values ?? [])].toSorted().join(',')
    if (operator === 'In') requirements.push([key, `${key} in (${listed})`])
    else if (operator === 'NotIn') requirements.push([key, `${key} notin (${listed})`])
    else if (operator === 'Exists') requirements.push([key, key])
    else if (operator === 'DoesNotExist') requirements.push([key, `!${key}`])
    else return '<error>'
  }
  return requirements.toSorted(byKey).map(([, text]) => text).join(',')
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
