/** THE list of scenarios that were recorded. */
import { applies } from './applies.ts'
import { customObjects } from './custom-objects.ts'
import { negotiation } from './negotiation.ts'
import { reads } from './reads.ts'
import type { Scenario } from './scenario.ts'
import { schemas } from './schemas.ts'
import { typedObjects } from './typed-objects.ts'

export const scenarios: readonly Scenario[] = [customObjects, typedObjects, negotiation, applies, reads, schemas]
