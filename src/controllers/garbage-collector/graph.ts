/** Who owns whom, over all kinds: the picture that the garbage collector works from. Knows no client. */
import type { ResourceName } from '#client/client.ts'
import { foregroundFinalizer, orphanFinalizer } from '#machinery/meta/finalizers.ts'
import type { DeepReadonly, KubeObject, OwnerReference, Stored } from '#machinery/meta/object.ts'


export type Owners = readonly DeepReadonly<OwnerReference>[]

export interface GraphNode {
  readonly uid: string
  /** undefined while only a reference has told of it and its kind is not known. */
  resource: ResourceName | undefined
  readonly namespace: string | undefined
  readonly name: string
  owners: Owners
  readonly dependents: Set<string>
  /** Known from a reference alone: whether it exists has to be asked. */
  isVirtual: boolean
  isBeingDeleted: boolean
  /** Deleted in the foreground: it goes when what blocks it has gone. */
  isDeletingDependents: boolean
  /** To be deleted without its dependents. */
  isOrphaning: boolean
}

/** What has to be looked at after a change. */
export interface Work {
  readonly attemptToDelete: readonly string[]
  readonly attemptToOrphan: readonly string[]
}

const noWork: Work = { attemptToDelete: [], attemptToOrphan: [] }

/** How a reference is resolved: by kind, and for namespaced owners in the dependent's own namespace. */
export type ResolveOwner = (
  owner: DeepReadonly<OwnerReference>,
) => { readonly resource: ResourceName; readonly namespaced: boolean } | undefined

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #resolve: ResolveOwner

  constructor(resolve: ResolveOwner) {
    this.#resolve = resolve
  }

  get size(): number {
    return this.#nodes.size
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  dependentsOf(node: GraphNode): readonly GraphNode[] {
    return [...node.dependents].map((uid) => this.#nodes.get(uid)).filter((dependent) => dependent !== undefined)
  }

  /** An object was added or changed. */
  observe(resource: ResourceName, object: Stored<KubeObject>): Work {
    const { uid, namespace, name, ownerReferences = [] } = object.metadata
    const existing = this.#nodes.get(uid)
    // A reference may have told of the object by a wrong name or namespace; what the server shows is what it is.
    const node = existing && existing.name === name && existing.namespace === namespace
      ? existing : this.#replace(existing, { uid, namespace, name })
    const wasDeletingDependents = node.isDeletingDependents
    const isFirstSight = node.isVirtual || !existing
    node.resource = resource
    node.isVirtual = false
    const attemptToDelete = this.#setOwners(node, ownerReferences)
    setDeletion(node, object)
    const needsLook = isFirstSight ? ownerReferences.length > 0 || node.isDeletingDependents : false
    if (needsLook) attemptToDelete.push(uid)
    if (node.isDeletingDependents && !wasDeletingDependents) attemptToDelete.push(uid, ...node.dependents)
    return { attemptToDelete, attemptToOrphan: node.isOrphaning ? [uid] : [] }
  }

  /** An object is gone: its dependents may be garbage now, and owners that wait for it may go on. */
  remove(uid: string): Work {
    const node = this.#nodes.get(uid)
    if (!node) return noWork
    this.#nodes.delete(uid)
    const waiting: string[] = []
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid)
      owner?.dependents.delete(uid)
      if (owner?.isDeletingDependents) waiting.push(ownerUid)
      this.#dropIfUseless(owner)
    }
    return { attemptToDelete: [...node.dependents, ...waiting], attemptToOrphan: [] }
  }

  /** Dependents know their owner only by reference from here on; the node goes when the last of them does. */
  #dropIfUseless(node: GraphNode | undefined): void {
    if (node?.isVirtual && node.dependents.size === 0) this.#nodes.delete(node.uid)
  }

  #replace(
    old: GraphNode | undefined,
    { uid, namespace, name }: Pick<GraphNode, 'uid' | 'namespace' | 'name'>,
  ): GraphNode {
    const node: GraphNode = {
      uid,
      namespace,
      name,
      resource: undefined,
      owners: old?.owners ?? [],
      dependents: old?.dependents ?? new Set(),
      isVirtual: true,
      isBeingDeleted: false,
      isDeletingDependents: false,
      isOrphaning: false,
    }
    this.#nodes.set(uid, node)
    return node
  }

  /** Gives what has to be looked at: owners that only this reference tells of, and owners that wait and were let go. */
  #setOwners(node: GraphNode, owners: Owners): string[] {
    const attemptToDelete: string[] = []
    const next = new Map(owners.map((owner) => [owner.uid, owner]))
    for (const old of node.owners) {
      const owner = this.#nodes.get(old.uid)
      const stillBlocks = next.get(old.uid)?.blockOwnerDeletion === true
      if (old.blockOwnerDeletion && !stillBlocks && owner?.isDeletingDependents) attemptToDelete.push(old.uid)
      if (next.has(old.uid)) continue
      owner?.dependents.delete(node.uid)
      this.#dropIfUseless(owner)
    }
    for (const reference of owners) {
      let owner = this.#nodes.get(reference.uid)
      if (!owner) {
        const resolved = this.#resolve(reference)
        owner = this.#replace(undefined, {
          uid: reference.uid, name: reference.name, namespace: resolved?.namespaced ? node.namespace : undefined,
        })
        owner.resource = resolved?.resource
        attemptToDelete.push(reference.uid)
      }
      owner.dependents.add(node.uid)
    }
    if (node.owners.length > 0 && owners.length < node.owners.length && owners.length > 0) {
      attemptToDelete.push(node.uid)
    }
    node.owners = owners
    return attemptToDelete
  }
}

function setDeletion(node: GraphNode, { metadata }: Stored<KubeObject>): void {
  const isDeleting = metadata.deletionTimestamp !== undefined
  const finalizers = metadata.finalizers ?? []
  node.isBeingDeleted = isDeleting
  node.isDeletingDependents = isDeleting && finalizers.includes(foregroundFinalizer)
  node.isOrphaning = isDeleting && finalizers.includes(orphanFinalizer)
}
