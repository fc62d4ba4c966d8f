/**
 * etcd's Auth service where there are no users and no roles, and none can be made: certificates say who may come in.
 */
import { etcdError, type EtcdErrorName } from '#storage/etcd/messages/errors.ts'
import { authStatusResponse } from '#storage/etcd/messages/auth.ts'
import type { EtcdContext, EtcdService, UnaryMethod } from './service.ts'

const refusals: Readonly<Record<string, EtcdErrorName>> = {
  AuthEnable: 'rootUserNotExist',
  Authenticate: 'authNotEnabled',
  UserAdd: 'authNotEnabled',
  UserGet: 'userNotFound',
  UserDelete: 'userNotFound',
  UserChangePassword: 'userNotFound',
  UserGrantRole: 'userNotFound',
  UserRevokeRole: 'userNotFound',
  RoleAdd: 'authNotEnabled',
  RoleGet: 'roleNotFound',
  RoleDelete: 'roleNotFound',
  RoleGrantPermission: 'roleNotFound',
  RoleRevokePermission: 'roleNotFound',
}

export function authService({ headers, keyspace }: EtcdContext): EtcdService {
  const unary: Record<string, UnaryMethod> = {
    // A store of users that was never written to is at revision 1.
    '/etcdserverpb.Auth/AuthStatus': async () => headers.answer(
      keyspace.revision, authStatusResponse, { enabled: false, authRevision: 1 },
    ),
  }
  for (const name of ['AuthDisable', 'UserList', 'RoleList']) {
    unary[`/etcdserverpb.Auth/${name}`] = async () => headers.bytes(keyspace.revision)
  }
  for (const [name, reason] of Object.entries(refusals)) {
    unary[`/etcdserverpb.Auth/${name}`] = async () => { throw etcdError(reason) }
  }
  return { unary }
}
