/** etcd's Lease service. */
import { responseHeader, type ResponseHeader } from './kv.ts'
import { messageType } from './message-type.ts'

export interface LeaseGrantRequest {
  /** Seconds. */
  readonly ttl: number
  /** 0: the server chooses. */
  readonly id: bigint
}

export const leaseGrantRequest = messageType<LeaseGrantRequest>({ ttl: [1, 'int'], id: [2, 'long'] })

export interface LeaseGrantResponse {
  readonly header: ResponseHeader | undefined
  readonly id: bigint
  readonly ttl: number
  readonly error: string
}

export const leaseGrantResponse = messageType<LeaseGrantResponse>({
  header: [1, () => responseHeader], id: [2, 'long'], ttl: [3, 'int'], error: [4, 'text'],
})

/** Of a revocation and of a keep-alive alike. */
export interface LeaseIdRequest {
  readonly id: bigint
}

export const leaseIdRequest = messageType<LeaseIdRequest>({ id: [1, 'long'] })

export interface LeaseKeepAliveResponse {
  readonly header: ResponseHeader | undefined
  readonly id: bigint
  /** Seconds; 0: there is no such lease. */
  readonly ttl: number
}

export const leaseKeepAliveResponse = messageType<LeaseKeepAliveResponse>({
  header: [1, () => responseHeader], id: [2, 'long'], ttl: [3, 'int'],
})

export interface LeaseTimeToLiveRequest {
  readonly id: bigint
  readonly keys: boolean
}

export const leaseTimeToLiveRequest = messageType<LeaseTimeToLiveRequest>({ id: [1, 'long'], keys: [2, 'bool'] })

export interface LeaseTimeToLiveResponse {
  readonly header: ResponseHeader | undefined
  readonly id: bigint
  /** Seconds; -1: there is no such lease. */
  readonly ttl: number
  readonly grantedTtl: number
  readonly keys: readonly string[]
}

export const leaseTimeToLiveResponse = messageType<LeaseTimeToLiveResponse>({
  header: [1, () => responseHeader],
  id: [2, 'long'],
  ttl: [3, 'int'],
  grantedTtl: [4, 'int'],
  keys: [5, 'key', 'repeated'],
})

export interface LeaseLeasesResponse {
  readonly header: ResponseHeader | undefined
  readonly leases: readonly LeaseIdRequest[]
}

export const leaseLeasesResponse = messageType<LeaseLeasesResponse>({
  header: [1, () => responseHeader], leases: [2, () => leaseIdRequest, 'repeated'],
})
