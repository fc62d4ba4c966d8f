/** May this user do this? Asked for every request, so it is synchronous and answers from memory. */
import type { UserInfo } from '../authn/authenticator.ts'

export type AuthorizationAttributes =
  | {
      readonly type: 'resource'
      readonly user: UserInfo
      readonly verb: string
      readonly group: string
      readonly version: string
      readonly resource: string
      readonly subresource: string
      readonly namespace: string
      readonly name: string
      /**
       * The terms of a list's, watch's or deletecollection's field selector; absent when whoever asks does not know
       * them.
       */
      readonly fieldSelector?: readonly SelectorTerm[] | undefined
      /** Their label selector, as text; who authorizes by it reads it. Absent: there is none. */
      readonly labelSelector?: string | undefined
    }
  | { readonly type: 'path'; readonly user: UserInfo; readonly verb: string; readonly path: string }

export interface SelectorTerm {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

export type ResourceAttributes = Extract<AuthorizationAttributes, { readonly type: 'resource' }>

export interface AuthorizationDecision {
  readonly allowed: boolean
  /** Nobody who would be asked after this authorizer may allow it. */
  readonly denied?: boolean
  /** Shown in SubjectAccessReview, and after "is forbidden: User … cannot …" when it says why. */
  readonly reason: string
  /** Why it could not be decided. */
  readonly error?: string
}

/** Decides by what is known here. */
export interface LocalAuthorizer {
  authorize(attributes: AuthorizationAttributes): AuthorizationDecision
}

export interface Authorizer {
  /** A promise only where somebody outside of this process is asked. Never rejects. */
  authorize(attributes: AuthorizationAttributes): AuthorizationDecision | Promise<AuthorizationDecision>
}
