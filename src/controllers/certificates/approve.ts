/** Kubelets' requests for client certificates are approved when RBAC lets their sender have one. */
import { kubeletClientSigner } from '#api/certificates/kubelet-requests.ts'
import { subjectAccessReview } from '#api/authorization/subjectaccessreview/subjectaccessreview.ts'
import { certificateSigningRequest as kind } from '#api/certificates/certificatesigningrequest/certificatesigningrequest.ts'
import type { Client } from '#client/client.ts'
import { formatTime } from '#machinery/time.ts'
import { nothing, update, type Plan } from '../driver/action.ts'
import { defineController } from '../driver/define-controller.ts'
import { hasCondition, parseRequest, refusalOf, type StoredRequest } from './recognize.ts'

/** What the sender may be allowed to create, and what is said of that. In upstream's order. */
const permissions = [
  { subresource: 'selfnodeclient', message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' },
  { subresource: 'nodeclient', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
] as const
type Permission = (typeof permissions)[number]

/** Roles may be bound later, and that wakes nobody here. */
const retryMs = 60_000

interface State {
  readonly request: StoredRequest
  /** Undefined: it may not have one. */
  readonly permission: Permission | undefined
  readonly now: number
}

export const certificateApprover = defineController({
  name: 'certificatesigningrequest-approving',
  serviceAccount: 'certificate-controller',
  for: kind,
  async observe(request, _, { client, now }): Promise<State | undefined> {
    if (!isKubeletClient(request)) return undefined
    for (const permission of permissions) {
      if (permission.subresource === 'selfnodeclient' && !isOwn(request)) continue
      if (await mayCreate(client, request, permission)) return { request, permission, now }
    }
    return { request, permission: undefined, now }
  },
  reconcile,
})

export function reconcile({ request, permission, now }: State): Plan {
  if (!permission) {
    const { name } = request.metadata
    return {
      ...nothing, wakeAt: now + retryMs,
      because: `recognized csr ${JSON.stringify(name)} but subject access review was not approved`,
    }
  }
  const time = formatTime(now)
  const condition = {
    type: 'Approved', status: 'True', reason: 'AutoApproved', message: permission.message,
    lastUpdateTime: time, lastTransitionTime: time,
  }
  const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] }
  return { actions: [update(kind, { ...request, status }, { subresource: 'approval', ifGone: 'ignore' })] }
}

function isKubeletClient(object: StoredRequest): boolean {
  if (object.spec.signerName !== kubeletClientSigner || object.status?.certificate) return false
  if (hasCondition(object, 'Approved') || hasCondition(object, 'Denied')) return false
  const request = parseRequest(object)
  return request !== undefined && refusalOf(object, request) === undefined
}

/** A node that renews what it has. */
function isOwn(object: StoredRequest): boolean {
  return object.spec.username === parseRequest(object)?.subject.commonName
}

async function mayCreate(client: Client, { spec }: StoredRequest, { subresource }: Permission): Promise<boolean> {
  const { username: user = '', uid, groups, extra } = spec
  const review = await client.of(subjectAccessReview).create({
    apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview',
    spec: {
      user, ...(uid !== undefined && { uid }), ...(groups && { groups }), ...(extra && { extra }),
      resourceAttributes: {
        group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource, version: '*',
      },
    },
  })
  return review.status?.allowed === true
}
