/**
 * What the users of a seed do: they create, scale, roll out, roll back, pause and delete, and are patient when it
 * fails.
 */
import { deployment } from '#api/apps/deployment/deployment.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { pod } from '#api/core/pod/pod.ts'
import { replicationController } from '#api/core/replicationcontroller/replicationcontroller.ts'
import { service } from '#api/core/service/service.ts'
import type { Deployment } from '#api/gen/apps-v1.ts'
import type { Namespace, Pod, ReplicationController, Service } from '#api/gen/core-v1.ts'
import type { Client } from '#client/client.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { pause } from './faults/fault.ts'
import type { Laboratory } from './laboratory.ts'
import { ConnectionLost } from './process.ts'
import type { SeededRandom } from './random.ts'

const apps = ['web', 'api', 'shop', 'mail']
const namespaces = ['default', 'team-a', 'team-b']
const policies = ['Orphan', 'Background', 'Foreground', undefined] as const
const images = ['app:1', 'app:2', 'app:3', 'missing:1'] as const
const deploymentsMax = 5
const podsMax = 5

interface User {
  readonly lab: Laboratory
  readonly client: Client
  readonly random: SeededRandom
}

type Act = (user: User) => Promise<void>

const acts: readonly (readonly [number, Act])[] = [
  [6, createDeployment], [5, scale], [5, rollOut], [2, rollBack], [1, togglePause], [2, deleteDeployment],
  [3, createService], [1, deleteService], [2, createController], [1, scaleController], [1, deleteController],
  [2, createPod], [1, deletePod], [1, createNamespace], [1, deleteNamespace],
]
const weights = acts.reduce((sum, [weight]) => sum + weight, 0)

/** Until the signal aborts. */
export async function runWorkload(lab: Laboratory, random: SeededRandom, signal: AbortSignal): Promise<void> {
  const user: User = {
    lab,
    random,
    client: lab.client({ name: 'user', groups: ['system:masters'] }, random.fork('network')),
  }
  const meanMs = 5_000 + random.below(30_000)
  await attempt(user, createDeployment)
  while (await pause(lab, random, meanMs, signal)) {
    let at = random.below(weights)
    const chosen = acts.find(([weight]) => (at -= weight) < 0)!
    await attempt(user, chosen[1])
  }
}

/** Leaves only what can come to rest: nothing paused, and every image to be had. */
export async function tidyUp(lab: Laboratory, random: SeededRandom): Promise<void> {
  lab.conditions.hasMissingImages = true
  const client = lab.client({ name: 'user', groups: ['system:masters'] }, random)
  for (const { metadata, spec } of all<Deployment>(lab, 'deployments.apps')) {
    if (spec?.paused) {
      await client.of(deployment, metadata.namespace).patch(metadata.name, 'merge', { spec: { paused: false } })
    }
  }
}

async function attempt(user: User, act: Act): Promise<void> {
  try {
    await act(user)
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof ConnectionLost)) throw error
    user.lab.note(`the user failed: ${error.message}`)
  }
}

function all<T>(lab: Laboratory, resource: string): readonly Stored<T & object>[] {
  return [...lab.history.of(resource).values()] as unknown as readonly Stored<T & object>[]
}

function pickOne<T>({ lab, random }: User, resource: string): Stored<T & object> | undefined {
  const objects = all<T>(lab, resource).filter(
    ({ metadata }) => !metadata.namespace?.startsWith('kube-') && metadata.name !== 'kubernetes',
  )
  return objects.length === 0 ? undefined : random.pick(objects)
}

function container(random: SeededRandom): NonNullable<Pod['spec']>['containers'][number] {
  const probe = random.chance(0.3) && { readinessProbe: { exec: { command: ['check'] }, periodSeconds: 5 } }
  return { name: 'app', image: random.pick(images.slice(0, 3)), ...probe }
}

function template(app: string, random: SeededRandom): Required<Deployment>['spec']['template'] {
  const terminationGracePeriodSeconds = random.pick([30, 5, 1, 0])
  return { metadata: { labels: { app } }, spec: { containers: [container(random)], terminationGracePeriodSeconds } }
}

async function createDeployment({ lab, client, random }: User): Promise<void> {
  if (all(lab, 'deployments.apps').length >= deploymentsMax) return
  const [app, where] = [random.pick(apps), random.pick(namespaces)]
  const rollingUpdate = {
    maxSurge: random.pick([0, 1, 2, '25%', '50%']),
    maxUnavailable: random.pick([0, 1, 2, '25%']),
  }
  if (rollingUpdate.maxSurge === 0 && rollingUpdate.maxUnavailable === 0) rollingUpdate.maxSurge = 1
  const strategy = random.chance(0.2)
    ? { type: 'Recreate' as const }
    : { type: 'RollingUpdate' as const, rollingUpdate }
  lab.note(`the user creates deployment ${where}/${app}`)
  await client.of(deployment, where).create({
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: app },
    spec: {
      replicas: random.below(podsMax + 1),
      strategy,
      selector: { matchLabels: { app } },
      template: template(app, random),
      // Being ready for long enough is told by comparing two machines' clocks, here as upstream.
      minReadySeconds: lab.conditions.areClocksRight ? random.pick([0, 0, 0, 10]) : 0,
      revisionHistoryLimit: random.pick([10, 1, 0]),
    },
  })
}

async function scale(user: User): Promise<void> {
  const object = pickOne<Deployment>(user, 'deployments.apps')
  if (!object) return
  const replicas = user.random.below(podsMax + 1)
  user.lab.note(`the user scales deployment ${object.metadata.name} to ${replicas}`)
  await user.client
    .of(deployment, object.metadata.namespace)
    .patch(object.metadata.name, 'merge', { spec: { replicas } })
}

async function rollOut(user: User): Promise<void> {
  const object = pickOne<Deployment>(user, 'deployments.apps')
  if (!object) return
  const image = user.random.pick(images)
  user.lab.note(`the user rolls ${image} out in deployment ${object.metadata.name}`)
  await user.client.of(deployment, object.metadata.namespace).patch(object.metadata.name, 'strategic', {
    spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
  })
}

/**
 * To what it was before, if that was something else; as `kubectl rollout undo` does, with the template of an
 * old ReplicaSet.
 */
async function rollBack(user: User): Promise<void> {
  const object = pickOne<Deployment>(user, 'deployments.apps')
  if (!object) return
  const sets = all<{ spec?: { template: Required<Deployment>['spec']['template'] } }>(user.lab, 'replicasets.apps')
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid))
  if (sets.length === 0) return
  const image = user.random.pick(sets).spec?.template.spec?.containers[0]?.image
  user.lab.note(`the user rolls deployment ${object.metadata.name} back to ${image}`)
  await user.client
    .of(deployment, object.metadata.namespace)
    .patch(object.metadata.name, 'strategic', {
      spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
    })
}

async function togglePause(user: User): Promise<void> {
  const object = pickOne<Deployment>(user, 'deployments.apps')
  if (!object) return
  const paused = !object.spec?.paused
  user.lab.note(`the user ${paused ? 'pauses' : 'resumes'} deployment ${object.metadata.name}`)
  await user.client.of(deployment, object.metadata.namespace).patch(object.metadata.name, 'merge', { spec: { paused } })
}

async function deleteDeployment(user: User): Promise<void> {
  const object = pickOne<Deployment>(user, 'deployments.apps')
  if (!object) return
  const propagationPolicy = user.random.pick(policies)
  user.lab.note(`the user deletes deployment ${object.metadata.name} ${propagationPolicy}`)
  await user.client.of(deployment, object.metadata.namespace).delete(object.metadata.name, { propagationPolicy })
}

async function createService({ lab, client, random }: User): Promise<void> {
  const [app, where] = [random.pick(apps), random.pick(namespaces)]
  const type = random.pick(['ClusterIP', 'ClusterIP', 'NodePort'] as const)
  const headless = type === 'ClusterIP' && random.chance(0.2)
  lab.note(`the user creates service ${where}/${app}`)
  await client.of(service, where).create({
    apiVersion: 'v1', kind: 'Service', metadata: { name: app },
    spec: {
      type,
      selector: { app },
      ports: [{ port: 80 + random.below(3), targetPort: 8080 }],
      ...(headless && { clusterIP: 'None' }),
    },
  })
}

async function deleteService(user: User): Promise<void> {
  const object = pickOne<Service>(user, 'services')
  if (!object) return
  user.lab.note(`the user deletes service ${object.metadata.name}`)
  await user.client.of(service, object.metadata.namespace).delete(object.metadata.name)
}

async function createController({ lab, client, random }: User): Promise<void> {
  const where = random.pick(namespaces)
  if (all(lab, 'replicationcontrollers').length >= 2) return
  lab.note(`the user creates replication controller ${where}/old`)
  await client.of(replicationController, where).create({
    apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'old' },
    spec: { replicas: random.below(podsMax), selector: { app: 'old' }, template: template('old', random) },
  })
}

async function scaleController(user: User): Promise<void> {
  const object = pickOne<ReplicationController>(user, 'replicationcontrollers')
  if (!object) return
  user.lab.note('the user scales a replication controller')
  await user.client.of(replicationController, object.metadata.namespace)
    .patch(object.metadata.name, 'merge', { spec: { replicas: user.random.below(podsMax) } })
}

async function deleteController(user: User): Promise<void> {
  const object = pickOne<ReplicationController>(user, 'replicationcontrollers')
  if (!object) return
  const propagationPolicy = user.random.pick(policies)
  user.lab.note(`the user deletes replication controller ${object.metadata.name} ${propagationPolicy}`)
  await user.client
    .of(replicationController, object.metadata.namespace)
    .delete(object.metadata.name, { propagationPolicy })
}

/** One that runs on, or one that ends by itself. */
async function createPod({ lab, client, random }: User): Promise<void> {
  const ends = random.chance(0.5)
  const command = ['sh', '-c', `sleep ${1 + random.below(60)}; exit ${random.below(2)}`]
  const where = random.pick(namespaces)
  lab.note(`the user creates a pod in ${where}`)
  await client.of(pod, where).create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'single-', labels: { app: random.pick([...apps, 'single']) } },
    spec: {
      restartPolicy: ends ? 'Never' : 'Always',
      containers: [{ name: 'app', image: 'app:1', ...(ends && { command }) }],
    },
  })
}

async function deletePod(user: User): Promise<void> {
  const object = pickOne<Pod>(user, 'pods')
  if (!object) return
  user.lab.note(`the user deletes pod ${object.metadata.name}`)
  await user.client.of(pod, object.metadata.namespace).delete(object.metadata.name)
}

async function createNamespace({ lab, client, random }: User): Promise<void> {
  const name = random.pick(namespaces.slice(1))
  if (lab.history.of<Namespace>('namespaces').has(name)) return
  lab.note(`the user creates namespace ${name}`)
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
}

async function deleteNamespace({ lab, client, random }: User): Promise<void> {
  const name = random.pick(namespaces.slice(1))
  if (!lab.history.of<Namespace>('namespaces').has(name)) return
  lab.note(`the user deletes namespace ${name}`)
  await client.of(namespace).delete(name)
}
