/** The revisions of deployments, daemon sets and stateful sets. */
import { deepEqual } from '#base/deep-equal.ts'
import type { CommandContext } from './command.ts'
import { CommandError } from './errors.ts'
import { at, listAt, namespaceOf, numberAt, objectAt, textAt, textsAt, withValue, type Json } from './fields.ts'
import { listObjects } from './operations.ts'
import { requireResource } from './resources.ts'

export const changeCauseAnnotation = 'kubernetes.io/change-cause'
const revisionAnnotation = 'deployment.kubernetes.io/revision'

export interface Revision {
  readonly number: number
  readonly changeCause: string
  readonly template: Json
  /** The ReplicaSet or ControllerRevision that keeps it. */
  readonly source: Json
}

/** By number, the oldest first. Throws for kinds that have none. */
export async function revisionsOf(context: CommandContext, object: Json): Promise<readonly Revision[]> {
  const kind = textAt(object, 'kind')
  if (kind !== 'Deployment' && kind !== 'DaemonSet' && kind !== 'StatefulSet') {
    throw new CommandError(
      `no history viewer has been implemented for ${JSON.stringify(`${kind}${textAt(object, 'apiVersion').includes('/') ? `.${textAt(object, 'apiVersion').split('/')[0]}` : ''}`)}`,
    )
  }
  const { session } = context
  const { formatLabelMatcher, labelSelectorMatcher } = await import('#machinery/meta/label-selector.ts')
  const labelSelector = formatLabelMatcher(
    labelSelectorMatcher(at(object, 'spec', 'selector') as Parameters<typeof labelSelectorMatcher>[0]),
  )
  const resource = requireResource(
    await session.resources(),
    kind === 'Deployment' ? 'replicasets.apps' : 'controllerrevisions.apps',
  )
  const all = await listObjects(session, resource, namespaceOf(object), { labelSelector })
  const uid = textAt(object, 'metadata', 'uid')
  const owned = all.filter((item) =>
    listAt(item, 'metadata', 'ownerReferences').some(
      (owner) => at(owner, 'controller') === true && textAt(owner, 'uid') === uid,
    ),
  )
  return owned
    .map((item) => (kind === 'Deployment' ? ofReplicaSet(item) : ofControllerRevision(object, item)))
    .toSorted((a, b) => a.number - b.number)
}

function ofReplicaSet(set: Json): Revision {
  return {
    number: Number(textAt(set, 'metadata', 'annotations', revisionAnnotation) || '0'),
    source: set,
    changeCause: textAt(set, 'metadata', 'annotations', changeCauseAnnotation),
    template: objectAt(set, 'spec', 'template'),
  }
}

/** The stored patch replaces the template, and nothing else. */
function ofControllerRevision(object: Json, revision: Json): Revision {
  const { $patch: _, ...stored } = objectAt(revision, 'data', 'spec', 'template')
  return {
    number: numberAt(revision, 'revision'),
    source: revision,
    changeCause: textAt(revision, 'metadata', 'annotations', changeCauseAnnotation),
    template: Object.keys(stored).length > 0 ? stored : objectAt(object, 'spec', 'template'),
  }
}

/** The wanted one; 0 is the one before the last. */
export function findRevision(revisions: readonly Revision[], wanted: number): Revision | undefined {
  return wanted === 0 ? revisions.at(-2) : revisions.find((revision) => revision.number === wanted)
}

export function sameTemplate(a: unknown, b: unknown): boolean {
  const bare = (template: unknown): Json => withValue(template, ['metadata', 'labels', 'pod-template-hash'], undefined)
  return deepEqual(bare(a), bare(b))
}

const kept = [
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]

/** The JSON patch that brings a deployment back to a revision: its template, and the annotations of that time. */
export function planRollback(deployment: Json, { template, source }: Revision): readonly Json[] {
  const [own, then] = [textsAt(deployment, 'metadata', 'annotations'), textsAt(source, 'metadata', 'annotations')]
  const annotations = Object.fromEntries([
    ...Object.entries(own).filter(([key]) => kept.includes(key)),
    ...Object.entries(then).filter(([key]) => !kept.includes(key)),
  ])
  return [
    {
      op: 'replace',
      path: '/spec/template',
      value: withValue(template, ['metadata', 'labels', 'pod-template-hash'], undefined),
    },
    { op: 'replace', path: '/metadata/annotations', value: annotations },
  ]
}
