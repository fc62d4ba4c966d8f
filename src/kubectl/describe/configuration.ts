/** Describes namespaces, config maps, secrets and service accounts. */
import { compareQuantities, parseQuantity } from '#machinery/quantity.ts'
import { listAt, nameOf, objectAt, sortedEntries, textAt, textsAt, type Json } from '../fields.ts'
import { listObjects } from '../operations.ts'
import { findResource } from '../resources.ts'
import {
  formatDate,
  subjectOf,
  writeEvents,
  writeLabelsAndAnnotations,
  writeNameAndNamespace,
  type Describer,
} from './common.ts'
import { Description } from './writer.ts'

export const describeNamespace: Describer = async (context, namespace) => {
  const { session } = context
  const description = new Description()
  description.line(0, `Name:\t${nameOf(namespace)}`)
  writeLabelsAndAnnotations(description, namespace)
  description.line(0, `Status:\t${textAt(namespace, 'status', 'phase')}`)
  const conditions = listAt(namespace, 'status', 'conditions')
  if (conditions.length > 0) {
    description.line(0, 'Conditions:')
    description.line(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage')
    description.line(1, '----\t------\t------------------\t------\t-------')
    for (const condition of conditions) {
      description.line(
        1,
        [
          textAt(condition, 'type'),
          textAt(condition, 'status'),
          formatDate(context, textAt(condition, 'lastTransitionTime')),
          textAt(condition, 'reason'),
          textAt(condition, 'message'),
        ].join('\t'),
      )
    }
  }
  const catalog = await session.resources()
  const [quotas, ranges] = ['resourcequotas', 'limitranges'].map((name) => findResource(catalog, name))
  if (quotas) {
    description.line(0, '')
    writeQuotas(description, await listObjects(session, quotas, nameOf(namespace)))
  }
  if (ranges) {
    description.line(0, '')
    writeLimitRanges(description, await listObjects(session, ranges, nameOf(namespace)))
  }
  return description.finish()
}

const scopeHelp: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort:
    'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
}

function writeQuotas(description: Description, quotas: readonly Json[]): void {
  if (quotas.length === 0) return description.line(0, 'No resource quota.')
  description.line(0, 'Resource Quotas')
  for (const quota of quotas.toSorted((a, b) => nameOf(a) < nameOf(b) ? -1 : 1)) {
    description.line(1, `Name:\t${nameOf(quota)}`)
    const scopes = listAt(quota, 'spec', 'scopes').map(String).toSorted()
    if (scopes.length > 0) description.line(1, `Scopes:\t${scopes.join(', ')}`)
    for (const scope of scopes) if (Object.hasOwn(scopeHelp, scope)) description.line(1, `* ${scopeHelp[scope]}`)
    description.line(1, 'Resource\tUsed\tHard')
    description.line(1, '--------\t---\t---')
    for (const [name, hard] of sortedEntries(textsAt(quota, 'status', 'hard'))) {
      description.line(1, `${name}\t${textAt(quota, 'status', 'used', name) || '0'}\t${hard}`)
    }
  }
}

function writeLimitRanges(description: Description, ranges: readonly Json[]): void {
  if (ranges.length === 0) return description.line(0, 'No LimitRange resource.')
  description.line(
    0,
    'Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio',
  )
  description.line(0, ' ----\t--------\t---\t---\t---------------\t-------------\t-----------------------')
  const fields = ['min', 'max', 'defaultRequest', 'default', 'maxLimitRequestRatio']
  for (const limit of ranges.flatMap((range) => listAt(range, 'spec', 'limits'))) {
    const names = [...new Set(fields.flatMap((field) => Object.keys(objectAt(limit, field))))]
    for (const name of names) {
      description.line(
        0,
        ` ${textAt(limit, 'type')}\t${name}\t${fields.map((field) => textAt(limit, field, name) || '-').join('\t')}`,
      )
    }
  }
}

export const describeQuota: Describer = async (_context, quota) => {
  const description = new Description()
  writeNameAndNamespace(description, quota)
  const scopes = listAt(quota, 'spec', 'scopes').map(String).toSorted()
  if (scopes.length > 0) description.line(0, `Scopes:\t${scopes.join(', ')}`)
  for (const scope of scopes) if (Object.hasOwn(scopeHelp, scope)) description.line(0, ` * ${scopeHelp[scope]}`)
  description.line(0, 'Resource\tUsed\tHard')
  description.line(0, '--------\t----\t----')
  for (const [name, hard] of sortedEntries(textsAt(quota, 'status', 'hard'))) {
    const used = textAt(quota, 'status', 'used', name) || '0'
    const same = compareQuantities(parseQuantity(used), parseQuantity(hard)) === 0
    description.line(0, `${name}\t${same ? hard : used}\t${hard}`)
  }
  return description.finish()
}

export const describeConfigMap: Describer = async (context, configMap) => {
  const description = new Description()
  writeNameAndNamespace(description, configMap)
  writeLabelsAndAnnotations(description, configMap)
  description.line(0, '\nData\n====')
  for (const [key, text] of sortedEntries(textsAt(configMap, 'data'))) {
    description.line(0, `${key}:\n----`)
    description.line(0, text)
    description.line(0, '')
  }
  description.line(0, '\nBinaryData\n====')
  for (const [key, text] of sortedEntries(textsAt(configMap, 'binaryData'))) {
    description.line(0, `${key}: ${bytesOf(text)} bytes`)
  }
  description.line(0, '')
  await writeEvents(context, description, subjectOf(configMap))
  return description.finish()
}

export const describeSecret: Describer = async (_context, secret) => {
  const description = new Description()
  writeNameAndNamespace(description, secret)
  writeLabelsAndAnnotations(description, secret)
  const type = textAt(secret, 'type')
  description.line(0, `\nType:\t${type}`)
  description.line(0, '\nData\n====')
  for (const [key, text] of sortedEntries(textsAt(secret, 'data'))) {
    const shown = key === 'token' && type === 'kubernetes.io/service-account-token'
    description.line(
      0,
      `${key}:\t${shown ? new TextDecoder().decode(Uint8Array.fromBase64(text)) : `${bytesOf(text)} bytes`}`,
    )
  }
  return description.finish()
}

function bytesOf(base64: string): number {
  return Uint8Array.fromBase64(base64).length
}

export const describeServiceAccount: Describer = async (context, account) => {
  const description = new Description()
  writeNameAndNamespace(description, account)
  writeLabelsAndAnnotations(description, account)
  const names = listAt(account, 'imagePullSecrets').map((secret) => textAt(secret, 'name'))
  if (names.length === 0) description.line(0, 'Image pull secrets:\t<none>')
  names.forEach((name, index) =>
    description.line(0, `${index === 0 ? 'Image pull secrets:' : '                   '}\t${name}`),
  )
  await writeEvents(context, description, subjectOf(account))
  return description.finish()
}

