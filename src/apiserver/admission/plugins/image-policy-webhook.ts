/** Another server says whether the images of a pod may run (upstream: plugin/pkg/admission/imagepolicy). */
import type { Container, Pod } from '#api/gen/core-v1.ts'
import type { Random } from '#world/random.ts'
import { askWebhook, WebhookFailure, type WebhookTarget } from '../../remote-webhook.ts'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'
import { isResource, refuse } from '../refusal.ts'

export interface ImagePolicyOptions {
  readonly target: WebhookTarget
  readonly random: Random
  readonly allowTtlMs: number
  readonly denyTtlMs: number
  /** Pods run when the server cannot be asked. */
  readonly defaultAllow: boolean
}

interface ReviewStatus {
  readonly allowed?: boolean
  readonly reason?: string
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

const maxKept = 1024
const totalMs = 30_000
const auditPrefix = 'imagepolicywebhook.image-policy.k8s.io/'
const failedOpenKey = 'alpha.image-policy.k8s.io/failed-open'
const lists = ['containers', 'initContainers', 'ephemeralContainers'] as const

export function imagePolicyWebhook(options: ImagePolicyOptions): AdmissionPlugin {
  const { clock } = options.target
  const kept = new Map<string, { readonly until: number; readonly status: ReviewStatus }>()
  const ask = async (spec: object): Promise<ReviewStatus> => {
    const key = JSON.stringify(spec)
    const before = kept.get(key)
    if (before && before.until > clock.monotonic()) return before.status
    const review = { kind: 'ImageReview', apiVersion: 'imagepolicy.k8s.io/v1alpha1', metadata: {}, spec, status: {} }
    const answer = await askWebhook(options.target, review, options.random, totalMs)
    const status = (answer['status'] ?? {}) as ReviewStatus
    if (kept.size >= maxKept) kept.delete(kept.keys().next().value!)
    kept.set(key, { status, until: clock.monotonic() + (status.allowed ? options.allowTtlMs : options.denyTtlMs) })
    return status
  }
  return {
    name: 'ImagePolicyWebhook',
    validate(attributes) {
      const { operation } = attributes
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      if (!isResource(attributes, '', 'pods') && !isResource(attributes, '', 'pods', 'ephemeralcontainers')) return
      return judge(attributes, ask, options.defaultAllow)
    },
  }
}

async function judge(
  attributes: AdmissionAttributes, ask: (spec: object) => Promise<ReviewStatus>, defaultAllow: boolean,
): Promise<void> {
  let status: ReviewStatus
  try {
    status = await ask(specOf(attributes.object as Pod, attributes.namespace))
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error
    if (!defaultAllow) throw refuse(attributes, error.message)
    attributes.audit?.annotate(`${auditPrefix}failed-open`, 'true')
    const { metadata } = attributes.object!
    if (metadata) metadata.annotations = { ...metadata.annotations, [failedOpenKey]: 'true' }
    return
  }
  for (const [key, value] of Object.entries(status.auditAnnotations ?? {})) {
    attributes.audit?.annotate(auditPrefix + key, value)
  }
  if (status.allowed) return
  throw refuse(attributes, status.reason
    ? `image policy webhook backend denied one or more images: ${status.reason}`
    : 'one or more images rejected by webhook backend')
}

function specOf({ metadata, spec }: Pod, namespace: string): object {
  const containers = lists.flatMap((list) => (spec?.[list] ?? []) as readonly Container[])
  const annotations = Object.entries(metadata?.annotations ?? {}).filter(([key]) => key.includes('.image-policy.k8s.io/'))
  return {
    containers: containers.map(({ image = '' }) => ({ image })),
    ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    ...(namespace !== '' && { namespace }),
  }
}
