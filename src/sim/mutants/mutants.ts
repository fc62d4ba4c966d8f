/** All planted bugs. */
import { logMutants } from './log.ts'
import type { Mutant } from './mutant.ts'
import { recoveryMutants } from './recovery.ts'

export const mutants: readonly Mutant[] = [...logMutants, ...recoveryMutants]
