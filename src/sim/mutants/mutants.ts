/** All planted bugs. */
import { controllerMutants } from './controllers.ts'
import { etcdIssueMutants } from './etcd-issues.ts'
import { logMutants } from './log.ts'
import type { Mutant } from './mutant.ts'
import { recoveryMutants } from './recovery.ts'
import { stateMutants } from './state.ts'
import { watchMutants } from './watches.ts'

export const mutants: readonly Mutant[] = [
  ...logMutants, ...recoveryMutants, ...stateMutants, ...watchMutants, ...etcdIssueMutants,
  ...controllerMutants,
]
