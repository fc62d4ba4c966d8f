/** What clients ask of etcd's Auth service where nobody has enabled it. */
import { responseHeader, type ResponseHeader } from './kv.ts'
import { messageType } from './message-type.ts'

export interface AuthenticateRequest {
  readonly name: string
  readonly password: string
}

export const authenticateRequest = messageType<AuthenticateRequest>({ name: [1, 'text'], password: [2, 'text'] })

export interface AuthenticateResponse {
  readonly header: ResponseHeader | undefined
  readonly token: string
}

export const authenticateResponse = messageType<AuthenticateResponse>({
  header: [1, () => responseHeader], token: [2, 'text'],
})

export interface AuthStatusResponse {
  readonly header: ResponseHeader | undefined
  readonly enabled: boolean
  readonly authRevision: number
}

export const authStatusResponse = messageType<AuthStatusResponse>({
  header: [1, () => responseHeader], enabled: [2, 'bool'], authRevision: [3, 'int'],
})
