/**
 * Linearizability in general, for histories that bring no order of their own: the search of Wing and Gong with Lowe's
 * memory of what was tried. Slower than revisions by far, and independent of them.
 */

export interface TimedCall {
  readonly calledAt: number
  /** Infinity: it may have happened at any time since, or never. */
  readonly returnedAt: number
}

export interface SequentialModel<State, Operation> {
  readonly initial: State
  /** The state after the operation; undefined if its answer would be another in this state. */
  step(state: State, operation: Operation): State | undefined
  /** Equal for equal states. */
  digest(state: State): string
}

interface Node<Operation> {
  readonly operation: Operation | undefined
  readonly id: number
  /** The return that belongs to a call. */
  match: Node<Operation> | undefined
  previous: Node<Operation> | undefined
  next: Node<Operation> | undefined
}

/** True if some order of the calls explains all answers and contradicts no clock. */
export function isLinearizable<State, Operation extends TimedCall>(
  calls: readonly Operation[], model: SequentialModel<State, Operation>,
): boolean {
  const head = link(calls)
  const undo: { readonly node: Node<Operation>; readonly state: State }[] = []
  const tried = new Set<string>()
  const done = new Uint8Array(calls.length)
  let { initial: state } = model
  let left = calls.filter(({ returnedAt }) => returnedAt !== Infinity).length
  let node = head.next
  while (left > 0) {
    if (node?.match !== undefined) {
      const after = model.step(state, node.operation!)
      if (after !== undefined && isNew(tried, done, node.id, model.digest(after))) {
        undo.push({ node, state })
        state = after
        done[node.id] = 1
        if (node.operation!.returnedAt !== Infinity) left--
        lift(node)
        node = head.next
      } else {
        node = node.next
      }
      continue
    }
    // A return (or the end) without its call done before: the choice before it was wrong.
    const last = undo.pop()
    if (last === undefined) return false
    ;({ state } = last)
    done[last.node.id] = 0
    if (last.node.operation!.returnedAt !== Infinity) left++
    unlift(last.node)
    node = last.node.next
  }
  return true
}

function isNew(tried: Set<string>, done: Uint8Array, id: number, digest: string): boolean {
  done[id] = 1
  const key = `${done.join('')} ${digest}`
  done[id] = 0
  const { size } = tried
  return tried.add(key).size > size
}

/** All calls and returns in the order of time, behind a head without a meaning. */
function link<Operation extends TimedCall>(calls: readonly Operation[]): Node<Operation> {
  const events: { readonly at: number; readonly node: Node<Operation> }[] = []
  for (const [id, operation] of calls.entries()) {
    const end: Node<Operation> = { operation: undefined, id, match: undefined, previous: undefined, next: undefined }
    const begin: Node<Operation> = { operation, id, match: end, previous: undefined, next: undefined }
    events.push({ at: operation.calledAt, node: begin }, { at: operation.returnedAt, node: end })
  }
  const head: Node<Operation> = { operation: undefined, id: -1, match: undefined, previous: undefined, next: undefined }
  let last = head
  for (const { node } of events.toSorted((a, b) => a.at === b.at ? 0 : a.at - b.at)) {
    last.next = node
    node.previous = last
    last = node
  }
  return head
}

/** Takes a call and its return out of the list. */
function lift<Operation>(node: Node<Operation>): void {
  for (const each of [node, node.match!]) {
    each.previous!.next = each.next
    if (each.next !== undefined) each.next.previous = each.previous
  }
}

function unlift<Operation>(node: Node<Operation>): void {
  for (const each of [node.match!, node]) {
    each.previous!.next = each
    if (each.next !== undefined) each.next.previous = each
  }
}
