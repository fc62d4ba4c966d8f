/** THE list of scenarios that were recorded. */
import { customObjects } from './custom-objects.ts'
import { negotiation } from './negotiation.ts'
import type { Scenario } from './scenario.ts'
import { typedObjects } from './typed-objects.ts'

export const scenarios: readonly Scenario[] = [customObjects, typedObjects, negotiation]
