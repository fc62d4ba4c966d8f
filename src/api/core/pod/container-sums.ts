/** Resources of a pod's containers together. */
import type { Container, PodSpec, ResourceList } from '../../gen/core-v1.ts'
import { addQuantities, maxQuantity } from '../../quantities.ts'

/**
 * What the containers ask for, or may use, at one time: init containers run one by one, beside the sidecars before
 * them.
 */
export function sumOfContainers(
  { containers, initContainers }: PodSpec, list: 'requests' | 'limits',
): ResourceList {
  const amountsOf = ({ resources }: Container): ResourceList => resources?.[list] ?? {}
  let sidecars: ResourceList = {}
  let starting: ResourceList = {}
  for (const container of initContainers ?? []) {
    const together = merge(sidecars, amountsOf(container), addQuantities)
    if (container.restartPolicy === 'Always') sidecars = together
    starting = merge(starting, together, maxQuantity)
  }
  const running = (containers ?? []).map(amountsOf)
    .reduce((sum, amounts) => merge(sum, amounts, addQuantities), sidecars)
  return merge(running, starting, maxQuantity)
}

function merge(a: ResourceList, b: ResourceList, combine: (a: string, b: string) => string): ResourceList {
  const merged = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const other = merged[name]
    merged[name] = other === undefined ? amount : combine(other, amount)
  }
  return merged
}
