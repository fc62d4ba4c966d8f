/** The pod template within an object, and changes of its containers. */
import { CommandError } from '../../errors.ts'
import { at, isObject, listAt, textAt, withValue, type Json } from '../../fields.ts'

/** Where the pod's spec is. Throws for a kind that has none. */
export function podSpecPath(object: Json): readonly string[] {
  const kind = textAt(object, 'kind')
  switch (kind) {
    case 'Pod':
      return ['spec']
    case 'CronJob':
      return ['spec', 'jobTemplate', 'spec', 'template', 'spec']
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
    case 'ReplicationController':
      return ['spec', 'template', 'spec']
    default:
      throw new CommandError(`the object is not a pod or does not have a pod template: *v1.${kind}`)
  }
}

/** Containers and init containers whose name is wanted. */
export function changeContainers(
  object: Json,
  wanted: (name: string) => boolean,
  change: (container: Json) => Json,
  fields: readonly string[] = ['initContainers', 'containers'],
): { readonly object: Json; readonly found: boolean } {
  const path = podSpecPath(object)
  let found = false
  let changed = object
  for (const field of fields) {
    if (at(object, ...path, field) === undefined) continue
    const containers = listAt(object, ...path, field).filter(isObject).map((container) => {
      if (!wanted(textAt(container, 'name'))) return container
      found = true
      return change(container)
    })
    changed = withValue(changed, [...path, field], containers)
  }
  return { object: changed, found }
}

/** `*` stands for any part of a name. */
export function matchesPattern(name: string, pattern: string): boolean {
  const parts = pattern.split('*')
  if (parts.length === 1) return name === pattern
  if (!name.startsWith(parts[0]!) || !name.endsWith(parts.at(-1)!)) return false
  let from = 0
  return parts.every((part) => {
    const found = name.indexOf(part, from)
    from = found + part.length
    return found >= 0
  })
}
