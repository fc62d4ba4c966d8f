/**
 * Turns what client-side apply managed into what server-side apply manages: what `kubectl apply --server-side` does to
 * an old object.
 */
import { deepEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, KubeObject, ManagedFieldsEntry } from '../../meta/object.ts'
import { parseFieldSet, unionSets } from './field-set.ts'

/** `kubectl apply`, and its name before v1.18 wrote one. */
const clientSideManagers: readonly string[] = ['kubectl-client-side-apply', 'kubectl-last-applied']

/**
 * The JSON patch that gives the fields of the client-side managers (`Update`) to the applier, guarded by the resource
 * version (a race is a 409); undefined when there is nothing to do. As client-go's csaupgrade. Throws SyntaxError for
 * field sets that cannot be read.
 */
export function clientSideApplyUpgradePatch(
  object: DeepReadonly<KubeObject>, applier: string, clientSide: readonly string[] = clientSideManagers, subresource =
  '',
): readonly object[] | undefined {
  const before = object.metadata?.managedFields ?? []
  let after = before
  for (const manager of clientSide) after = upgraded(after, manager, applier, subresource)
  if (deepEqual(before, after)) return undefined
  return [
    { op: 'replace', path: '/metadata/managedFields', value: after },
    { op: 'replace', path: '/metadata/resourceVersion', value: object.metadata?.resourceVersion ?? '' },
  ]
}

function upgraded(
  entries: readonly ManagedFieldsEntry[], clientSide: string, applier: string, subresource: string,
): readonly ManagedFieldsEntry[] {
  const isOld = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === clientSide && entry.operation === 'Update' && (entry.subresource ?? '') === subresource
  const isNew = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === applier && entry.operation === 'Apply' && (entry.subresource ?? '') === subresource
  const target = entries.find(isNew) ?? entries.find(isOld)
  if (!target) return entries
  const source = entries.find((entry) => isOld(entry) && entry.apiVersion === target.apiVersion)
  const fieldsV1 = source
    ? unionSets(parseFieldSet(target.fieldsV1), parseFieldSet(source.fieldsV1))
    : parseFieldSet(target.fieldsV1)
  const merged: ManagedFieldsEntry = { ...target, manager: applier, operation: 'Apply', fieldsV1 }
  return entries.map((entry) => (entry === target ? merged : entry)).filter((entry) => !isOld(entry))
}
