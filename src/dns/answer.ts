/** One question, one answer, from the index alone. Pure. */
import type { DnsRecord, RecordIndex } from './records.ts'

export interface Question {
  /** Lower case, without the last dot. */
  readonly name: string
  readonly type: string
}

export interface Answer {
  readonly code: 'NOERROR' | 'NXDOMAIN'
  /** With the names in full; the first ones answer the question itself. */
  readonly records: readonly {
    readonly name: string
    readonly record: DnsRecord | { readonly type: 'TXT'; readonly data: string }
  }[]
  readonly additional: readonly { readonly name: string; readonly record: DnsRecord }[]
  /** A CNAME leads out of the cluster: the target is to be asked for elsewhere. */
  readonly continueAt?: string
}

/** undefined: the name is not the cluster's to answer for. */
export function answerFromIndex(
  question: Question,
  index: RecordIndex,
  namespaceExists: (name: string) => boolean,
): Answer | undefined {
  const { name, type } = question
  const { zone } = index
  if (name.endsWith('.arpa')) {
    const records = index.find(name)
    return records.length === 0 ? undefined : found(name, type, records)
  }
  if (name !== zone && !name.endsWith(`.${zone}`)) return undefined
  if (name === `dns-version.${zone}`) {
    return {
      code: 'NOERROR',
      records: type === 'TXT' ? [{ name, record: { type: 'TXT', data: '1.1.0' } }] : [],
      additional: [],
    }
  }
  const records = index.find(name)
  if (records.length > 0) {
    const alias = records.find((record) => record.type === 'CNAME')
    if (alias && type !== 'CNAME') {
      return { code: 'NOERROR', records: [{ name, record: alias }], additional: [], continueAt: alias.data }
    }
    const answer = found(name, type, records)
    return type === 'SRV' ? { ...answer, additional: targetsOf(records, index) } : answer
  }
  const pod = podAddress(name, zone, namespaceExists)
  if (pod) return found(name, type, [pod])
  return {
    code: index.exists(name) || namespaceNode(name, zone, namespaceExists) ? 'NOERROR' : 'NXDOMAIN',
    records: [],
    additional: [],
  }
}

function found(name: string, type: string, records: readonly DnsRecord[]): Answer {
  const matching = records.filter((record) => record.type === type || type === 'ANY')
  return { code: 'NOERROR', records: matching.map((record) => ({ name, record })), additional: [] }
}

function targetsOf(records: readonly DnsRecord[], index: RecordIndex): Answer['additional'] {
  const targets = new Set(records.flatMap((record) => (record.type === 'SRV' ? [record.data.target] : [])))
  return [...targets].flatMap((target) => index.find(target)
    .filter((record) => record.type === 'A' || record.type === 'AAAA').map((record) => ({ name: target, record })))
}

/** `10-244-0-7.default.pod.cluster.local`: the address is in the name; the namespace must exist. */
function podAddress(name: string, zone: string, namespaceExists: (name: string) => boolean): DnsRecord | undefined {
  const labels = name.slice(0, -zone.length - 1).split('.')
  if (labels.length !== 3 || labels[2] !== 'pod' || !namespaceExists(labels[1]!)) return undefined
  const match = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(labels[0]!)
  if (!match || match.slice(1).some((part) => Number(part) > 255)) return undefined
  return { type: 'A', data: match.slice(1).map(Number).join('.') }
}

/** `svc.ZONE`, `pod.ZONE` and `NAMESPACE.svc.ZONE` exist without having records. */
function namespaceNode(name: string, zone: string, namespaceExists: (name: string) => boolean): boolean {
  const labels = name.slice(0, -zone.length - 1).split('.')
  const branch = labels.at(-1)
  if (branch !== 'svc' && branch !== 'pod') return false
  return labels.length === 1 || (labels.length === 2 && namespaceExists(labels[0]!))
}
