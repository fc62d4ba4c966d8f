/** etcd's own errors: the text of each, and the code that it travels with. */
import { rpcCode, RpcError, type RpcCode } from '#world/rpc.ts'

const { invalidArgument, outOfRange, resourceExhausted, notFound, failedPrecondition, unavailable, dataLoss } = rpcCode

const errors = {
  emptyKey: [invalidArgument, 'key is not provided'],
  keyNotFound: [invalidArgument, 'key not found'],
  valueProvided: [invalidArgument, 'value is provided'],
  leaseProvided: [invalidArgument, 'lease is provided'],
  tooManyOperations: [invalidArgument, 'too many operations in txn request'],
  duplicateKey: [invalidArgument, 'duplicate key given in txn request'],
  invalidSortOption: [invalidArgument, 'invalid sort option'],
  requestTooLarge: [invalidArgument, 'request is too large'],
  compacted: [outOfRange, 'mvcc: required revision has been compacted'],
  futureRevision: [outOfRange, 'mvcc: required revision is a future revision'],
  noSpace: [resourceExhausted, 'mvcc: database space exceeded'],
  tooManyRequests: [resourceExhausted, 'too many requests'],
  leaseNotFound: [notFound, 'requested lease not found'],
  leaseExists: [failedPrecondition, 'lease already exists'],
  leaseTtlTooLarge: [outOfRange, 'too large lease TTL'],
  memberNotFound: [notFound, 'member not found'],
  memberNotEnoughStarted: [failedPrecondition, 're-configuration failed due to not enough started members'],
  memberNotLearner: [failedPrecondition, 'can only promote a learner member'],
  badLeaderTransferee: [failedPrecondition, 'bad leader transferee'],
  rootUserNotExist: [failedPrecondition, 'root user does not exist'],
  userNotFound: [failedPrecondition, 'user name not found'],
  roleNotFound: [failedPrecondition, 'role name not found'],
  authNotEnabled: [failedPrecondition, 'authentication is not enabled'],
  noLeader: [unavailable, 'no leader'],
  notCapable: [unavailable, 'not capable'],
  stopped: [unavailable, 'server stopped'],
  timeout: [unavailable, 'request timed out'],
  corrupt: [dataLoss, 'corrupt cluster'],
} as const satisfies Record<string, readonly [RpcCode, string]>

export type EtcdErrorName = keyof typeof errors

/** As a server throws it. */
export function etcdError(name: EtcdErrorName): RpcError {
  return new RpcError(errors[name][0], etcdErrorText(name))
}

/** The whole text, as a client finds it in an answer and in the reason why a watch was cancelled. */
export function etcdErrorText(name: EtcdErrorName): string {
  return `etcdserver: ${errors[name][1]}`
}
