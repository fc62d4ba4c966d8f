/** One event of the audit log, and its forms on the wire (upstream: audit.k8s.io/v1 Event, audit.EventString). */
import { quoteGo } from '#machinery/errors/field-errors.ts'
import { formatMicroTime } from '#machinery/time.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuditLevel, AuditStage } from './policy.ts'

/** JSON text that is put into the event as it is. */
export interface RawJson {
  readonly json: string
}

export interface AuditEvent {
  readonly level: AuditLevel
  readonly auditId: string
  readonly stage: AuditStage
  readonly requestUri: string
  readonly verb: string
  /** Undefined: nobody could be told. */
  readonly user: UserInfo | undefined
  readonly impersonatedUser: UserInfo | undefined
  /** The verb that allowed to act as that user, where it allows that for some requests only; else empty. */
  readonly impersonationConstraint: string
  readonly sourceIps: readonly string[]
  readonly userAgent: string
  readonly objectRef: ObjectRef | undefined
  readonly responseStatus: ResponseStatus | undefined
  readonly requestObject: RawJson | undefined
  readonly responseObject: RawJson | undefined
  /** Wall-clock milliseconds. */
  readonly requestReceivedAt: number
  readonly stageAt: number
  readonly annotations: Readonly<Record<string, string>> | undefined
}

/** In the order in which they are written; empty ones are left out. */
export interface ObjectRef {
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly apiGroup?: string
  readonly apiVersion?: string
  readonly resourceVersion?: string
  readonly subresource?: string
}

export interface ResponseStatus {
  readonly status?: string | undefined
  readonly message?: string | undefined
  readonly reason?: string | undefined
  readonly details?: object | undefined
  readonly code: number
}

/** `kind` and `apiVersion` are left out of the items of a list. */
export function renderEvent(event: AuditEvent, isItem = false): string {
  const { requestObject, responseObject, responseStatus, annotations } = event
  const { impersonatedUser, impersonationConstraint } = event
  const fields: string[] = isItem ? [] : ['"kind":"Event","apiVersion":"audit.k8s.io/v1"']
  const add = (name: string, value: unknown): void => {
    if (value !== undefined) fields.push(`"${name}":${JSON.stringify(value)}`)
  }
  add('level', event.level)
  add('auditID', event.auditId)
  add('stage', event.stage)
  add('requestURI', event.requestUri)
  add('verb', event.verb)
  add('user', event.user ? userOf(event.user) : {})
  add('impersonatedUser', impersonatedUser && userOf(impersonatedUser))
  add('authenticationMetadata', impersonationConstraint ? { impersonationConstraint } : undefined)
  add('sourceIPs', event.sourceIps.length > 0 ? event.sourceIps : undefined)
  add('userAgent', event.userAgent || undefined)
  add('objectRef', event.objectRef && referenceOf(event.objectRef))
  add('responseStatus', responseStatus && { metadata: {}, ...statusOf(responseStatus) })
  if (requestObject) fields.push(`"requestObject":${requestObject.json}`)
  if (responseObject) fields.push(`"responseObject":${responseObject.json}`)
  add('requestReceivedTimestamp', formatMicroTime(event.requestReceivedAt))
  add('stageTimestamp', formatMicroTime(event.stageAt))
  add('annotations', annotations && sorted(annotations))
  return `{${fields.join(',')}}`
}

function sorted(annotations: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(annotations).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What a webhook is sent. */
export function renderEventList(items: readonly string[]): string {
  return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items.join(',')}]}\n`
}

function userOf({ name, uid, groups, extra }: UserInfo): object {
  return {
    ...(name && { username: name }), ...(uid && { uid }), ...(groups.length > 0 && { groups }),
    ...(extra && Object.keys(extra).length > 0 && { extra }),
  }
}

function referenceOf(reference: ObjectRef): object {
  return Object.fromEntries(referenceFields.filter((name) => reference[name]).map((name) => [name, reference[name]]))
}

const referenceFields = [
  'resource', 'namespace', 'name', 'uid', 'apiGroup', 'apiVersion', 'resourceVersion', 'subresource',
] as const

function statusOf({ status, message, reason, details, code }: ResponseStatus): object {
  return {
    ...(status && { status }), ...(message && { message }), ...(reason && { reason }), ...(details && { details }),
    ...(code !== 0 && { code }),
  }
}

/** The line of the legacy format. */
export function renderLegacy(event: AuditEvent): string {
  const { user, impersonatedUser } = event
  const values: readonly (readonly [string, string])[] = [
    ['id', event.auditId],
    ['stage', event.stage],
    ['ip', event.sourceIps[0] ?? '<unknown>'],
    ['method', event.verb],
    ['user', user?.name || '<none>'],
    ['groups', user?.name && user.groups.length > 0 ? quotedList(user.groups) : '<none>'],
    ['as', impersonatedUser?.name ?? '<self>'],
    ['asgroups', impersonatedUser ? quotedList(impersonatedUser.groups) : '<lookup>'],
    ['user-agent', event.userAgent],
    ['namespace', event.objectRef?.namespace || '<none>'],
    ['uri', event.requestUri],
    ['response', event.responseStatus ? String(event.responseStatus.code) : '<deferred>'],
  ]
  const at = formatMicroTime(event.requestReceivedAt).replace(/\.?0+Z$/, 'Z')
  return `${at} AUDIT: ${values.map(([name, value]) => `${name}=${quoteGo(value)}`).join(' ')}`
}

function quotedList(values: readonly string[]): string {
  return values.map(quoteGo).join(',')
}
