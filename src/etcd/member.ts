/** Who answers: the one member of an etcd cluster, with the identities that etcd would give it. */
import { sha1 } from '#base/sha1.ts'
import { utf8Encode } from '#base/bytes.ts'

export interface MemberOptions {
  readonly name: string
  readonly clientUrls: readonly string[]
  /** Nobody listens there; the member's identity follows from it. */
  readonly peerUrls: readonly string[]
  /** etcd's `--initial-cluster-token`. */
  readonly clusterToken: string
}

export interface EtcdMember extends MemberOptions {
  readonly memberId: bigint
  readonly clusterId: bigint
}

/** The term that a member without others is in after its first start. */
export const raftTerm = 2

/** As etcd derives them: from addresses and token, so that they are the same at every start. */
export function deriveMember(options: MemberOptions): EtcdMember {
  const memberId = firstEight(utf8Encode(options.peerUrls.toSorted().join('') + options.clusterToken))
  const idBytes = new Uint8Array(8)
  new DataView(idBytes.buffer).setBigUint64(0, memberId)
  return { ...options, memberId, clusterId: firstEight(idBytes) }
}

function firstEight(bytes: Uint8Array): bigint {
  return new DataView(sha1(bytes).buffer).getBigUint64(0)
}
