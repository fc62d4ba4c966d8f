/** etcd's Maintenance and Cluster services. */
import { responseHeader, type ResponseHeader } from './kv.ts'
import { messageType } from './message-type.ts'

export interface Member {
  readonly id: bigint
  readonly name: string
  readonly peerUrls: readonly string[]
  readonly clientUrls: readonly string[]
  readonly isLearner: boolean
}

export const member = messageType<Member>({
  id: [1, 'ulong'],
  name: [2, 'text'],
  peerUrls: [3, 'text', 'repeated'],
  clientUrls: [4, 'text', 'repeated'],
  isLearner: [5, 'bool'],
})

export interface MemberListResponse {
  readonly header: ResponseHeader | undefined
  readonly members: readonly Member[]
}

export const memberListResponse = messageType<MemberListResponse>({
  header: [1, () => responseHeader], members: [2, () => member, 'repeated'],
})

/** The beginning of requests to remove, update and promote a member, and to move the leader. */
export interface MemberIdRequest {
  readonly id: bigint
}

export const memberIdRequest = messageType<MemberIdRequest>({ id: [1, 'ulong'] })

export const alarmType = { none: 0, noSpace: 1, corrupt: 2 } as const
export const alarmAction = { get: 0, activate: 1, deactivate: 2 } as const

export interface AlarmRequest {
  readonly action: number
  readonly memberId: bigint
  readonly alarm: number
}

export const alarmRequest = messageType<AlarmRequest>({
  action: [1, 'int'], memberId: [2, 'ulong'], alarm: [3, 'int'],
})

export interface AlarmMember {
  readonly memberId: bigint
  readonly alarm: number
}

const alarmMember = messageType<AlarmMember>({ memberId: [1, 'ulong'], alarm: [2, 'int'] })

export interface AlarmResponse {
  readonly header: ResponseHeader | undefined
  readonly alarms: readonly AlarmMember[]
}

export const alarmResponse = messageType<AlarmResponse>({
  header: [1, () => responseHeader], alarms: [2, () => alarmMember, 'repeated'],
})

export interface StatusResponse {
  readonly header: ResponseHeader | undefined
  readonly version: string
  /** Bytes of files. */
  readonly dbSize: number
  readonly leader: bigint
  readonly raftIndex: number
  readonly raftTerm: number
  readonly raftAppliedIndex: number
  readonly errors: readonly string[]
  readonly dbSizeInUse: number
  readonly isLearner: boolean
}

export const statusResponse = messageType<StatusResponse>({
  header: [1, () => responseHeader],
  version: [2, 'text'],
  dbSize: [3, 'int'],
  leader: [4, 'ulong'],
  raftIndex: [5, 'int'],
  raftTerm: [6, 'int'],
  raftAppliedIndex: [7, 'int'],
  errors: [8, 'text', 'repeated'],
  dbSizeInUse: [9, 'int'],
  isLearner: [10, 'bool'],
})

export interface HashKvRequest {
  readonly revision: number
}

export const hashKvRequest = messageType<HashKvRequest>({ revision: [1, 'int'] })

/** Also the answer to `Hash`, with nothing but the hash. */
export interface HashKvResponse {
  readonly header: ResponseHeader | undefined
  readonly hash: number
  readonly compactRevision: number
  readonly hashRevision: number
}

export const hashKvResponse = messageType<HashKvResponse>({
  header: [1, () => responseHeader], hash: [2, 'int'], compactRevision: [3, 'int'], hashRevision: [4, 'int'],
})

export interface SnapshotResponse {
  readonly header: ResponseHeader | undefined
  /** After this message. */
  readonly remainingBytes: number
  readonly blob: Uint8Array
  readonly version: string
}

export const snapshotResponse = messageType<SnapshotResponse>({
  header: [1, () => responseHeader], remainingBytes: [2, 'int'], blob: [3, 'bytes'], version: [4, 'text'],
})
