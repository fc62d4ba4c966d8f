/** What clients ask of etcd's Auth service where nobody has enabled it. */
import { responseHeader, type ResponseHeader } from './kv.ts'
import { messageType } from './message-type.ts'

export interface AuthStatusResponse {
  readonly header: ResponseHeader | undefined
  readonly enabled: boolean
  readonly authRevision: number
}

export const authStatusResponse = messageType<AuthStatusResponse>({
  header: [1, () => responseHeader], enabled: [2, 'bool'], authRevision: [3, 'int'],
})
