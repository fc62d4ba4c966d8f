/** The decision: which node for a pod, or why none. Pure but for the tie-break, whose chance is passed in. */
import { fits, type Plugin, type Profile, type Verdict } from './plugin.ts'
import { withPod, type NodeInfo } from './snapshot/node-info.ts'
import type { PodInfo } from './snapshot/pod-info.ts'
import { withNode, type Snapshot } from './snapshot/snapshot.ts'

export type Decision =
  | { readonly type: 'placed'; readonly node: string; readonly score: number; readonly feasible: number }
  | { readonly type: 'rejected'; readonly rejection: Rejection }

/** Why no node will do. */
export interface Rejection {
  readonly nodes: number
  /** By node; nodes that a plugin ruled out without looking at them have `elsewhere`. */
  readonly verdicts: ReadonlyMap<string, Extract<Verdict, { type: 'rejected' }>>
  /** What a plugin said before looking at nodes. */
  readonly beforehand: string | undefined
  /** The plugins that said no to some node; what they wait for may bring the pod back. */
  readonly plugins: ReadonlySet<string>
}

/** Pods that were promised a node by preemption and are not on it yet, by node. */
export type Nominated = (node: string) => readonly PodInfo[]

const nobody: Nominated = () => []

/**
 * Looks at every node, so the answer is exact; of equally good nodes chance (`next`, uniform in [0, 1)) picks one.
 * The order of the filters decides which reason a node is rejected for: the first that says no.
 */
export function decide(
  snapshot: Snapshot, pod: PodInfo, profile: Profile, next: () => number, nominated: Nominated = nobody,
): Decision {
  const filtering = beginFilters(snapshot, pod, profile)
  if (filtering.type === 'rejected') return filtering
  const verdicts = new Map<string, Extract<Verdict, { type: 'rejected' }>>()
  const plugins = new Set<string>(filtering.narrowedBy)
  const feasible: NodeInfo[] = []
  // A pod that names a few nodes, as a DaemonSet's does, makes nobody look at the others unless it must be told why.
  for (const name of filtering.only ?? []) {
    const node = snapshot.node(name)
    if (node === undefined) continue
    const { verdict } = judgeWithNominated(snapshot, pod, node, profile, filtering, nominated)
    if (verdict.type === 'fits') feasible.push(node)
  }
  if (feasible.length > 0) return pickBest(snapshot, pod, profile, feasible, next)
  for (const node of snapshot.nodes) {
    const judged = filtering.only?.has(node.name) === false
      ? elsewhere(filtering.narrowedBy)
      : judgeWithNominated(snapshot, pod, node, profile, filtering, nominated)
    if (judged.verdict.type === 'fits') feasible.push(node)
    else {
      verdicts.set(node.name, judged.verdict)
      if (judged.plugin !== undefined) plugins.add(judged.plugin)
    }
  }
  if (feasible.length === 0) {
    return { type: 'rejected', rejection: { nodes: snapshot.nodes.length, verdicts, beforehand: undefined, plugins } }
  }
  return pickBest(snapshot, pod, profile, feasible, next)
}

interface Judged {
  readonly verdict: Verdict
  readonly plugin: string | undefined
}

interface Filtering {
  readonly type: 'ready'
  readonly filters: readonly { readonly plugin: Plugin; readonly judge: (node: NodeInfo) => Verdict }[]
  readonly only: ReadonlySet<string> | undefined
  readonly narrowedBy: readonly string[]
}

function beginFilters(
  snapshot: Snapshot, pod: PodInfo, profile: Profile,
): Filtering | Extract<Decision, { type: 'rejected' }> {
  const filters: Filtering['filters'][number][] = []
  let only: ReadonlySet<string> | undefined
  const narrowedBy: string[] = []
  for (const { plugin } of profile.plugins) {
    const prepared = plugin.beginFilter(pod, snapshot)
    if (prepared.type === 'rejected') {
      const rejection = {
        nodes: snapshot.nodes.length, verdicts: new Map(), beforehand: prepared.reason, plugins: new Set([plugin.name]),
      }
      return { type: 'rejected', rejection }
    }
    if (prepared.type === 'skip') continue
    filters.push({ plugin, judge: prepared.state })
    if (prepared.only !== undefined) {
      only = only === undefined ? prepared.only : new Set([...only].filter((name) => prepared.only!.has(name)))
      narrowedBy.push(plugin.name)
    }
  }
  return { type: 'ready', filters, only, narrowedBy }
}

function elsewhere(narrowedBy: readonly string[]): Judged {
  return {
    plugin: undefined,
    verdict: {
      type: 'rejected', isFinal: true, reasons: [`node(s) didn't satisfy plugin(s) [${narrowedBy.join(' ')}]`],
    },
  }
}

function judge(node: NodeInfo, filters: Filtering['filters']): Judged {
  for (const { plugin, judge: ask } of filters) {
    const verdict = ask(node)
    if (verdict.type === 'rejected') return { verdict, plugin: plugin.name }
  }
  return { verdict: fits, plugin: undefined }
}

/**
 * A node that was promised to pods at least as important must fit with them, and without them, since they may never
 * come.
 */
function judgeWithNominated(
  snapshot: Snapshot, pod: PodInfo, node: NodeInfo, profile: Profile, filtering: Filtering, nominated: Nominated,
): Judged {
  const promised = nominated(node.name)
  const before = promised.length === 0 ? promised
    : promised.filter((other) => other.priority >= pod.priority && other.uid !== pod.uid && !node.pods.has(other.uid))
  if (before.length > 0) {
    const crowded = before.reduce(withPod, node)
    const judged = judgeChanged(snapshot, pod, crowded, profile, filtering.filters)
    if (judged.verdict.type === 'rejected') return judged
  }
  return judge(node, filtering.filters)
}

/** Judges a node that looks differently from the snapshot; plugins that look around prepare anew. */
function judgeChanged(
  snapshot: Snapshot, pod: PodInfo, changed: NodeInfo, profile: Profile, filters: Filtering['filters'],
): Judged {
  if (!profile.plugins.some(({ plugin }) => plugin.around !== undefined)) return judge(changed, filters)
  const needsAnew = filters.some(({ plugin }) => plugin.around !== undefined)
    || snapshot.hasRequiredAntiAffinity || changed.withRequiredAntiAffinity > 0
  if (!needsAnew) return judge(changed, filters)
  const again = beginFilters(withNode(snapshot, changed), pod, profile)
  return again.type === 'rejected' ? elsewhere([...again.rejection.plugins]) : judge(changed, again.filters)
}

/**
 * What the filters would say of a node if it looked differently: what preemption asks, of many nodes in many states.
 */
export function judgeWhatIf(snapshot: Snapshot, pod: PodInfo, profile: Profile): (changed: NodeInfo) => Verdict {
  const prepared = beginFilters(snapshot, pod, profile)
  const isLocal = prepared.type === 'ready' && !snapshot.hasRequiredAntiAffinity
    && !prepared.filters.some(({ plugin }) => plugin.around !== undefined)
  return (changed) => {
    const filtering = isLocal ? prepared : beginFilters(withNode(snapshot, changed), pod, profile)
    if (filtering.type === 'rejected') return elsewhere([...filtering.rejection.plugins]).verdict
    if (filtering.only?.has(changed.name) === false) return elsewhere(filtering.narrowedBy).verdict
    return judge(changed, filtering.filters).verdict
  }
}

function pickBest(
  snapshot: Snapshot, pod: PodInfo, profile: Profile, feasible: readonly NodeInfo[], next: () => number,
): Decision {
  if (feasible.length === 1) return { type: 'placed', node: feasible[0]!.name, score: 0, feasible: 1 }
  const totals = new Float64Array(feasible.length)
  const raw = new Float64Array(feasible.length)
  for (const { plugin, weight = 1 } of profile.plugins) {
    const scorer = plugin.beginScore(pod, snapshot, feasible)
    if (scorer === undefined) continue
    let [least, most] = [Infinity, -Infinity]
    for (let i = 0; i < raw.length; i++) {
      const score = raw[i] = scorer.score(feasible[i]!)
      if (score < least) least = score
      if (score > most) most = score
    }
    const range = { least, most }
    const { normalize } = scorer
    for (let i = 0; i < raw.length; i++) {
      totals[i]! += weight * (normalize === undefined ? raw[i]! : normalize(raw[i]!, range))
    }
  }
  let [best, ties] = [0, 1]
  for (let i = 1; i < totals.length; i++) {
    const lead = totals[i]! - totals[best]!
    if (lead > 0) [best, ties] = [i, 1]
    else if (lead === 0 && next() * ++ties < 1) best = i
  }
  return { type: 'placed', node: feasible[best]!.name, score: totals[best]!, feasible: feasible.length }
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) …. preemption: …`, as upstream's FitError says it. */
export function formatRejection(rejection: Rejection, afterwards = ''): string {
  if (rejection.nodes === 0) return 'no nodes available to schedule pods'
  const head = `0/${rejection.nodes} nodes are available:`
  const reasons =
    rejection.beforehand ?? formatReasons([...rejection.verdicts.values()].flatMap((verdict) => verdict.reasons))
  return `${head}${reasons === '' ? '' : ` ${reasons}.`}${afterwards === '' ? '' : ` ${afterwards}`}`
}

/** Each reason with how often it was given, sorted as text. */
export function formatReasons(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted().join(', ')
}
