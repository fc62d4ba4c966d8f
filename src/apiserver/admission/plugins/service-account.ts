/** Every pod runs as a service account that exists, and finds that account's token in its file system. */
import type { Container, EphemeralContainer, Pod, ServiceAccount, Volume, VolumeMount } from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { isMirrorPod, isResource, podOf, refuse } from '../refusal.ts'

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'
/** An hour and a little: the odd number tells tokens of this volume from others. Upstream's. */
const tokenSeconds = 3607
const enforceAnnotation = 'kubernetes.io/enforce-mountable-secrets'
/** A new namespace's default account is made by a controller, a moment later. */
const defaultAccountTries = 20
const retryMs = 100

export const serviceAccountAdmission: AdmissionPlugin = {
  name: 'ServiceAccount',
  async mutate(attributes, context) {
    const pod = podOf(attributes)
    if (!pod?.spec || attributes.operation !== 'CREATE') return
    if (isMirrorPod(pod)) return
    const { spec } = pod
    // Both spellings mean the same; the second is the old one.
    const name = spec.serviceAccountName ||= 'default'
    spec.serviceAccount = name
    const account = await findAccount(attributes, context, name)
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, context)
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
      spec.imagePullSecrets = account.imagePullSecrets.map((reference) => ({ ...reference }))
    }
  },
  async validate(attributes, context) {
    const isEphemeral = isResource(attributes, '', 'pods', 'ephemeralcontainers')
    const pod = isEphemeral ? attributes.object as Pod | undefined : podOf(attributes)
    if (!pod?.spec || (attributes.operation !== 'CREATE' && !isEphemeral)) return
    if (isMirrorPod(pod)) return checkMirrorPod(attributes, pod)
    const account = await findAccount(attributes, context, pod.spec.serviceAccountName ?? '')
    if (account.metadata.annotations?.[enforceAnnotation]?.toLowerCase() !== 'true') return
    const why = foreignSecret(account, pod, isEphemeral)
    if (why) throw refuse(attributes, why)
  },
}

async function findAccount(
  attributes: AdmissionAttributes, context: AdmissionContext, name: string,
): Promise<Stored<ServiceAccount>> {
  const { namespace } = attributes
  const tries = name === 'default' ? defaultAccountTries : 1
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt > 0) await context.sleep(retryMs)
    const account = context.get<ServiceAccount>({ group: '', plural: 'serviceaccounts' }, namespace, name)
    if (account) return account
  }
  throw refuse(attributes, `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`)
}

function mountToken(pod: Pod, context: AdmissionContext): void {
  const spec = pod.spec!
  const existing = spec.volumes?.find((volume) => volume.name.startsWith(volumePrefix))
  const name = existing?.name ?? volumePrefix + suffix(context)
  let isNeeded = false
  for (const container of [...spec.initContainers ?? [], ...spec.containers]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) continue
    const mount: VolumeMount = { name, readOnly: true, mountPath }
    container.volumeMounts = [...container.volumeMounts ?? [], mount]
    isNeeded = true
  }
  if (!existing && isNeeded) spec.volumes = [...spec.volumes ?? [], tokenVolume(name)]
}

/** The alphabet and length of generated names. */
function suffix({ random }: AdmissionContext): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  return Array.from({ length: 5 }, () => alphabet[Math.floor(random.next() * alphabet.length)]).join('')
}

/** With the defaults written out, as defaulting was before admission. */
function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  }
}

function checkMirrorPod(attributes: AdmissionAttributes, pod: Pod): void {
  const spec = pod.spec!
  if (spec.serviceAccountName) throw refuse(attributes, 'a mirror pod may not reference service accounts')
  if (referencesSecret(pod)) throw refuse(attributes, 'a mirror pod may not reference secrets')
  if (spec.volumes?.some((volume) => volume.projected?.sources?.some((source) => source.serviceAccountToken))) {
    throw refuse(attributes, 'a mirror pod may not use ServiceAccountToken volume projections')
  }
}

export function referencesSecret(pod: DeepReadonly<Pod>): boolean {
  const { spec } = pod
  if (!spec) return false
  if (spec.imagePullSecrets?.length) return true
  const containers = [...spec.initContainers ?? [], ...spec.containers, ...spec.ephemeralContainers ?? []]
  if (containers.some((container) => secretsOf(container).length > 0)) return true
  return (spec.volumes ?? []).some(
    (volume) =>
      volume.secret
      || volume.azureFile?.secretName
      || volume.projected?.sources?.some((source) => source.secret)
      || volume.cephfs?.secretRef
      || volume.cinder?.secretRef
      || volume.flexVolume?.secretRef
      || volume.rbd?.secretRef
      || volume.scaleIO?.secretRef
      || volume.iscsi?.secretRef
      || volume.storageos?.secretRef
      || volume.csi?.nodePublishSecretRef,
  )
}

/** A secret's name, and `envVar NAME` or `envFrom`. */
function secretsOf(
  container: DeepReadonly<Container | EphemeralContainer>,
): (readonly [secret: string, how: string])[] {
  return [
    ...(container.env ?? []).flatMap(({ name, valueFrom }) =>
      (valueFrom?.secretKeyRef ? [[valueFrom.secretKeyRef.name ?? '', `envVar ${name}`] as const] : [])),
    ...(container.envFrom ?? []).flatMap(({ secretRef }) =>
      secretRef ? [[secretRef.name ?? '', 'envFrom'] as const] : [],
    ),
  ]
}

/** For accounts that say so: their pods may only use the secrets that the account lists. */
function foreignSecret(account: Stored<ServiceAccount>, pod: Pod, onlyEphemeral: boolean): string | undefined {
  const own = new Set((account.secrets ?? []).map((reference) => reference.name))
  const because = `because service account ${account.metadata.name} does not reference that`
  const spec = pod.spec!
  const check = (
    prefix: string,
    containers: readonly (Container | EphemeralContainer)[] | undefined,
  ): string | undefined => {
    for (const container of containers ?? []) {
      for (const [secret, how] of secretsOf(container)) {
        if (!own.has(secret)) {
          return `${prefix} ${container.name} with ${how} referencing secret.secretName="${secret}" is not allowed ${because} secret`
        }
      }
    }
    return undefined
  }
  if (onlyEphemeral) return check('ephemeral container', spec.ephemeralContainers)
  for (const volume of spec.volumes ?? []) {
    const secret = volume.secret?.secretName
    if (secret !== undefined && !own.has(secret)) {
      return `volume with secret.secretName="${secret}" is not allowed ${because} secret`
    }
  }
  const why = check('init container', spec.initContainers) ?? check('container', spec.containers)
  if (why) return why
  const pullSecrets = new Set((account.imagePullSecrets ?? []).map((reference) => reference.name))
  for (const [index, reference] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pullSecrets.has(reference.name)) {
      return `imagePullSecrets[${index}].name="${reference.name ?? ''}" is not allowed ${because} imagePullSecret`
    }
  }
  return undefined
}
