/** Bugs in controllers, and in what drives them: barrier, caches, work queue. */
import { seedsFrom, testOf, type Mutant } from './mutant.ts'

const faults = 'tests/integration/controller-faults.test.ts'
const inController = (folder: string, name: string) =>
  testOf(`src/controllers/${folder}/${folder}.test.ts`, name)
const inCluster = (name: string) => testOf('tests/integration/controllers.test.ts', name)
const informerTest = (name: string) => testOf('src/client/informer.test.ts', name)
const queueTest = (name: string) => testOf('src/client/workqueue.test.ts', name)

const replicaSet = 'src/controllers/replicaset/reconcile.ts'
const adoption = 'src/controllers/workload/adoption.ts'
const rollout = 'src/controllers/deployment/rollout.ts'
const statefulSet = 'src/controllers/statefulset/reconcile.ts'
const job = 'src/controllers/job/reconcile.ts'
const jobCount = 'src/controllers/job/count.ts'
const daemonSet = 'src/controllers/daemonset/reconcile.ts'
const collector = 'src/controllers/garbage-collector/decide.ts'
const slices = 'src/controllers/endpointslice/reconcile.ts'
const namespace = 'src/controllers/namespace/reconcile.ts'
const disruption = 'src/controllers/disruption/reconcile.ts'
const barrier = 'src/controllers/driver/barrier.ts'
const driver = 'src/controllers/driver/driver.ts'
const informer = 'src/client/informer.ts'
const queue = 'src/client/workqueue.ts'

export const controllerMutants: readonly Mutant[] = [
  {
    name: 'a ReplicaSet creates one pod too many',
    edits: [{ file: replicaSet, before: 'Math.min(missing, burstReplicas) }', after: 'Math.min(missing + 1, burstReplicas) }' }],
    caughtBy: inController('replicaset', 'creates no pod more than is missing, and leaves those of other controllers alone'),
  },
  {
    name: 'a ReplicaSet counts finished pods',
    edits: [{ file: replicaSet, before: 'pods.filter(isPodActive))', after: 'pods)' }],
    caughtBy: inController('replicaset', 'replaces failed and finished pods'),
  },
  {
    name: 'a ReplicaSet that is being deleted makes pods again',
    edits: [{ file: replicaSet, before: 'const scaling = isDeleting ? [] : surplus', after: 'const scaling = surplus' }],
    caughtBy: inController('replicaset', 'neither adopts nor creates while it is being deleted'),
  },
  {
    name: 'a status is written though nothing has changed',
    edits: [{ file: replicaSet, before: 'if (semanticEqual(zeroed(old), zeroed(observed))) return []\n', after: '' }],
    caughtBy: inController('replicaset', 'from any state it reaches the wanted number and then wants nothing more'),
  },
  {
    name: 'a controller takes over what another one owns',
    edits: [{ file: adoption, before: 'if (controller.uid !== owner.metadata.uid) continue\n', after: '' }],
    caughtBy: testOf('src/controllers/workload/adoption.test.ts', 'a controller keeps its own that match, adopts orphans, releases what matches no more, and touches no other'),
  },
  {
    name: 'pods that match no more are not released',
    edits: [{ file: adoption, before: 'else if (!isDeleting) actions.push(release(', after: 'else if (isDeleting) actions.push(release(' }],
    caughtBy: inController('replicaset', 'adopts matching orphans before it creates, and releases what matches no more'),
  },
  {
    name: 'a rollout surges by one more than it may',
    edits: [{ file: rollout, before: 'const room = limits.replicas + limits.maxSurge - wantedCount(all)', after: 'const room = limits.replicas + limits.maxSurge + 1 - wantedCount(all)' }],
    caughtBy: inController('deployment', 'a rolling update stays within its limits at every step, for many limits'),
  },
  {
    name: 'a rollout takes old pods away without waiting for new ones',
    edits: [{ file: rollout, before: 'let budget = wantedCount([newDraft, ...old]) - minAvailable - newUnavailable', after: 'let budget = wantedCount([newDraft, ...old]) - minAvailable' }, {
      file: rollout, before: 'let spare = availableCount([newDraft, ...active]) - minAvailable', after: 'let spare = wantedCount([newDraft, ...active]) - minAvailable',
    }],
    caughtBy: inController('deployment', 'a rolling update stays within its limits at every step, for many limits'),
  },
  {
    name: 'percentages of a rollout are rounded the wrong way',
    edits: [{ file: rollout, before: 'scaledIntOrPercent(maxUnavailable, replicas, \'down\')', after: 'scaledIntOrPercent(maxUnavailable, replicas, \'up\')' }],
    caughtBy: inController('deployment', '10 replicas with surge 25% and unavailable 25% resolve to surge 3, unavailable 2'),
  },
  {
    name: 'Recreate starts new pods beside the old ones',
    edits: [{ file: 'src/controllers/deployment/reconcile.ts', before: 'return actualCount(this.#old) > 0 || oldPod !== undefined', after: 'return false' }],
    caughtBy: inController('deployment', 'Recreate waits for old pods that take their time'),
  },
  {
    name: 'a StatefulSet does not wait for the pod before',
    edits: [{ file: statefulSet, before: 'if (!isParallel && !this.#isHealthy(pod)) {', after: 'if (isParallel && !this.#isHealthy(pod)) {' }],
    caughtBy: inController('statefulset', 'starts pods one after the other, each when the one before is ready'),
  },
  {
    name: 'a StatefulSet updates below its partition',
    edits: [{ file: statefulSet, before: '.filter((ordinal) => ordinal >= lowest)\n', after: '' }],
    caughtBy: inController('statefulset', 'a new template replaces pods from the top, one at a time, down to the partition'),
  },
  {
    name: 'a StatefulSet scales down from the lowest number',
    edits: [{ file: statefulSet, before: '.toSorted(([a], [b]) => b - a).map(([, pod]) => pod)', after: '.toSorted(([a], [b]) => a - b).map(([, pod]) => pod)' }],
    caughtBy: inController('statefulset', 'scales down from the highest number, and starts counting where it is told'),
  },
  {
    name: 'a Job lets its pods go before it has written that they were counted',
    edits: [{ file: job, before: '      ...(isSame ? [] : [updateStatus(kind, { ...job, status: next.status }), ...next.events]),\n      ...count.release.map(letGo),\n', after: '      ...count.release.map(letGo),\n      ...(isSame ? [] : [updateStatus(kind, { ...job, status: next.status }), ...next.events]),\n' }],
    caughtBy: testOf(faults, 'a Job of three survives a crash after each write, its answer seen'),
  },
  {
    name: 'a Job counts a pod that it has counted once more',
    edits: [{ file: jobCount, before: 'finished.filter((pod) => !known.has(pod.metadata.uid))', after: 'finished' }],
    caughtBy: testOf(faults, 'a Job of three survives a crash after each write, its answer seen'),
  },
  {
    name: 'an Indexed Job runs a number that is done',
    edits: [{ file: job, before: '!used.has(index) && !completedIndexes.has(index)', after: '!used.has(index)' }],
    caughtBy: inController('job', 'an Indexed Job runs each number once and tells which are done'),
  },
  {
    name: 'a Job does not wait after a failure',
    edits: [{ file: job, before: 'if (at > now) return { actions: [], wakeAt: at, because }\n', after: '' }],
    caughtBy: inController('job', 'gives up after backoffLimit failures, waiting longer after each'),
  },
  {
    name: 'a DaemonSet makes a second pod while the first one ends',
    edits: [{ file: daemonSet, before: 'if (fit.shouldRun && pods.length === 0) {', after: 'if (fit.shouldRun && alive.length === 0) {' }],
    caughtBy: inController('daemonset', 'makes no second pod while the first one is still ending'),
  },
  {
    name: 'a DaemonSet replaces a failing daemon at once',
    edits: [{ file: daemonSet, before: 'const failedPodLifeMs = 10_000', after: 'const failedPodLifeMs = 0' }],
    caughtBy: inController('daemonset', 'a daemon that keeps failing is not replaced in a hot loop'),
  },
  {
    name: 'the garbage collector deletes what one owner of several still needs',
    edits: [{ file: collector, before: 'if (solid.length > 0) {', after: 'if (solid.length > 1) {' }],
    caughtBy: seedsFrom(1),
  },
  {
    name: 'the garbage collector takes an owner that it cannot find for gone',
    edits: [{ file: collector, before: 'if (owners.some(({ state }) => state === \'unresolvable\')) {', after: 'if (owners.length === 0) {' }],
    caughtBy: testOf('src/controllers/garbage-collector/decide.test.ts', 'an object goes when none of its owners lives, and not before that is known'),
  },
  {
    name: 'a Service without pods has no slice',
    edits: [{ file: slices, before: 'if (kept.length === 0) kept.push(placeholder(existing))\n', after: '' }],
    caughtBy: inController('endpointslice', 'a slice goes when nothing is in it any more, but the last one stays, so that there is one'),
  },
  {
    name: 'a slice that others have left behind stays',
    edits: [{ file: slices, before: '...existing.filter(({ metadata }) => !keptUids.has(metadata.uid)).map((slice) => remove(sliceKind, slice)),', after: '' }],
    caughtBy: inController('endpointslice', 'a slice goes when nothing is in it any more, but the last one stays, so that there is one'),
  },
  {
    name: 'a namespace goes while something is left in it',
    edits: [{ file: namespace, before: 'if (remaining.length === 0 && failures.length === 0) {', after: 'if (remaining.length <= 1 && failures.length === 0) {' }],
    caughtBy: inCluster('a namespace goes with everything in it, pods first, and tells what holds it'),
  },
  {
    name: 'a disruption budget counts pods that an eviction was granted for',
    edits: [{ file: disruption, before: ' && !(pod.metadata.name in disruptedPods)', after: '' }],
    caughtBy: inController('disruption', 'a granted eviction counts as a pod gone, for two minutes at most'),
  },
  {
    name: 'a controller does not wait for its cache to see its own writes',
    edits: [{ file: barrier, before: '    if (this.#isClear(key)) return true\n', after: '    if (this.#isClear(key) || key !== \'\') return true\n' }],
    caughtBy: testOf(faults, 'a Deployment with an update survives caches that lag behind'),
  },
  {
    name: 'a controller takes a write without an answer for one that failed',
    edits: [{ file: driver, before: '        this.#barrier.note(key, { type: \'unknown\', informer })\n', after: '' }],
    caughtBy: testOf(faults, 'a Deployment with an update survives lost answers while caches lag behind'),
  },
  {
    name: 'a cache takes an older list for a newer one',
    edits: [{ file: informer, before: 'if (compareResourceVersions(version, this.#resourceVersion) < 0 && this.#staleLists < staleListsMax) {', after: 'if (compareResourceVersions(version, this.#resourceVersion) < 0 && this.#staleLists > staleListsMax) {' }],
    caughtBy: informerTest('a list from a server that lags is not taken'),
  },
  {
    name: 'a cache takes an object that was created again for one that changed',
    edits: [{ file: informer, before: 'if (old && old.metadata.uid !== object.metadata.uid) {', after: 'if (old && old.metadata.uid === \'\') {' }],
    caughtBy: informerTest('an object deleted and created again between two lists is two objects'),
  },
  {
    name: 'a cache goes back to what it has seen before',
    edits: [{ file: informer, before: '!this.#isKnown(event.object)) this.#put', after: 'event.type !== \'ERROR\') this.#put' }],
    caughtBy: informerTest('ignores what it has seen before'),
  },
  {
    name: 'after 410 Gone a cache goes on where it was',
    edits: [{ file: informer, before: 'if (error.code === 410) this.#resumeFrom = undefined\n', after: '' }],
    caughtBy: informerTest('lists again after 410 and tells only the difference'),
  },
  {
    name: 'two workers have one key at the same time',
    edits: [{ file: queue, before: 'if (this.#processing.has(key)) {', after: 'if (this.#again.has(key)) {' }],
    caughtBy: queueTest('a key added while a worker has it comes again after done, not before'),
  },
  {
    name: 'a key that fails again and again waits no longer than after its first failure',
    edits: [{ file: queue, before: '* 2 ** Math.min(failures, 40)', after: '* 2 ** Math.min(failures, 0)' }],
    caughtBy: queueTest('backs off 5 ms, 10 ms, 20 ms … up to 1000 s, each key by itself, until forgotten'),
  },
]
