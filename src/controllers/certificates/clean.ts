/** Requests for certificates that are answered, forgotten or expired go. */
import { certificateSigningRequest as kind } from '#api/certificates/certificatesigningrequest/certificatesigningrequest.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { parseCertificatePem } from '#base/x509/certificate.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import { earliest, remove, type Plan } from '../driver/action.ts'
import { defineController } from '../driver/define-controller.ts'
import type { StoredRequest } from './recognize.ts'

const answeredMs = 3_600_000
const pendingMs = 24 * 3_600_000

export const certificateCleaner = defineController({
  name: 'certificatesigningrequest-cleaner',
  serviceAccount: 'certificate-controller',
  for: kind,
  observe: (object, _, { now }) => ({ object, now }),
  reconcile,
})

export function reconcile({ object, now }: { readonly object: StoredRequest; readonly now: number }): Plan {
  const at = endOf(object)
  if (at === undefined) return { actions: [] }
  return at > now ? { actions: [], wakeAt: at } : { actions: [remove(kind, object)] }
}

/** When the request is of no more use. Undefined: approved, and still to be signed. */
function endOf({ metadata, status }: StoredRequest): number | undefined {
  const conditions = status?.conditions ?? []
  if (conditions.length === 0) return timeToMilliseconds(metadata.creationTimestamp) + pendingMs
  const answered = conditions
    .filter(({ type }) => type !== 'Approved' || status?.certificate)
    .map(({ lastUpdateTime }) => timeToMilliseconds(lastUpdateTime ?? ''))
    .filter((time) => !Number.isNaN(time))
    .map((time) => time + answeredMs)
  return earliest(...answered, expiryOf(status?.certificate))
}

function expiryOf(certificate: string | undefined): number | undefined {
  const pem = certificate && base64Decode(certificate)
  if (!pem) return undefined
  try {
    return parseCertificatePem(utf8Decode(pem)).notAfter
  } catch {
    // Another signer may put there what it likes; it then goes by its age.
    return undefined
  }
}
