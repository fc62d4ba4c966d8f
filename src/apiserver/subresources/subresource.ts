/** What a handler of a subresource (or of a kind that is never stored) is given. */
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { ResourceRequest } from '../request-info.ts'
import type { RequestScope, RestContext } from '../rest/context.ts'

export type SubresourceHandler =
  (context: RestContext, scope: RequestScope, info: ResourceRequest, request: HttpRequest) => Promise<HttpResponse>
