/** etcd's Cluster service where the cluster is one member and stays so. */
import { etcdError } from '#storage/etcd/messages/errors.ts'
import { memberIdRequest, memberListResponse } from '#storage/etcd/messages/maintenance.ts'
import { method } from '#storage/etcd/messages/method.ts'
import { decodeRequest, type EtcdContext, type EtcdService } from './service.ts'

/** Its answers tell no revision: they have none. */
export function clusterService({ headers, member }: EtcdContext): EtcdService {
  async function memberList(): Promise<Uint8Array> {
    return headers.answer(0, memberListResponse, {
      members: [{
        id: member.memberId, name: member.name, peerUrls: member.peerUrls, clientUrls: member.clientUrls,
      }],
    })
  }

  /** Refused for every member, first of all for those that there are not. */
  function refused(reason: Parameters<typeof etcdError>[0]): (bytes: Uint8Array) => Promise<never> {
    return async (bytes) => {
      const { id } = decodeRequest(memberIdRequest, bytes)
      throw etcdError(id === member.memberId ? reason : 'memberNotFound')
    }
  }

  return {
    unary: {
      [method.memberList]: memberList,
      [method.memberAdd]: async () => { throw etcdError('notCapable') },
      [method.memberRemove]: refused('memberNotEnoughStarted'),
      [method.memberUpdate]: refused('notCapable'),
      [method.memberPromote]: refused('memberNotLearner'),
    },
  }
}
