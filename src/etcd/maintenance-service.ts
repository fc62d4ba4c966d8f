/** etcd's Maintenance service over a keyspace. */
import { etcdError } from '#storage/etcd/messages/errors.ts'
import { headerResponse } from '#storage/etcd/messages/kv.ts'
import {
  alarmAction,
  alarmRequest,
  alarmResponse,
  alarmType,
  hashKvRequest,
  hashKvResponse,
  memberIdRequest,
  snapshotResponse,
  statusResponse,
} from '#storage/etcd/messages/maintenance.ts'
import { method } from '#storage/etcd/messages/method.ts'
import type { Alarm } from '#storage/keyspace.ts'
import type { RpcCall } from '#world/rpc.ts'
import { raftTerm } from './member.ts'
import { decodeRequest, type EtcdContext, type EtcdService } from './service.ts'
import { snapshotPieces } from './snapshot.ts'

/** The release of etcd whose API this is; clients (Kubernetes among them) decide by it what they may ask for. */
export const etcdVersion = '3.5.21'

const alarmNames: Readonly<Record<number, Alarm>> = { [alarmType.noSpace]: 'noSpace', [alarmType.corrupt]: 'corrupt' }
const alarmTexts: Readonly<Record<Alarm, string>> = { noSpace: 'NOSPACE', corrupt: 'CORRUPT' }

export function maintenanceService(context: EtcdContext): EtcdService {
  const { keyspace, headers, member } = context

  async function alarm(bytes: Uint8Array): Promise<Uint8Array> {
    const request = decodeRequest(alarmRequest, bytes)
    const raised = keyspace.alarms().filter((name) =>
      request.alarm === alarmType.none || alarmNames[request.alarm] === name)
    if (request.action === alarmAction.activate) throw etcdError('notCapable')
    if (request.action === alarmAction.deactivate) for (const name of raised) await keyspace.disarm(name)
    return headers.answer(keyspace.revision, alarmResponse, {
      alarms: raised.map((name) => ({ memberId: member.memberId, alarm: alarmType[name] })),
    })
  }

  async function status(): Promise<Uint8Array> {
    const { revision } = keyspace
    const { fileBytes, liveBytes } = keyspace.size()
    return headers.answer(revision, statusResponse, {
      version: etcdVersion,
      dbSize: fileBytes,
      dbSizeInUse: liveBytes,
      leader: member.memberId,
      raftIndex: revision,
      raftAppliedIndex: revision,
      raftTerm,
      errors: keyspace.alarms().map((name) => `memberID:${member.memberId} alarm:${alarmTexts[name]} `),
    })
  }

  async function hash(at: number): Promise<Uint8Array> {
    if (at > keyspace.revision) throw etcdError('futureRevision')
    if (at < keyspace.compactedRevision) throw etcdError('compacted')
    const { hash: digest, compactedRevision } = await keyspace.hash(at)
    return headers.answer(keyspace.revision, hashKvResponse, {
      hash: digest, compactRevision: compactedRevision <= 1 ? -1 : compactedRevision, hashRevision: at,
    })
  }

  async function hashKv(bytes: Uint8Array): Promise<Uint8Array> {
    const { revision } = decodeRequest(hashKvRequest, bytes)
    return await hash(revision === 0 ? keyspace.revision : revision)
  }

  async function moveLeader(bytes: Uint8Array): Promise<Uint8Array> {
    const { id } = decodeRequest(memberIdRequest, bytes)
    if (id !== member.memberId) throw etcdError('badLeaderTransferee')
    return headers.bytes(keyspace.revision)
  }

  async function snapshot(call: RpcCall): Promise<void> {
    const { revision } = keyspace
    for await (const blob of snapshotPieces(keyspace.backup(call.signal))) {
      await call.send(headers.answer(revision, snapshotResponse, { blob, version: etcdVersion }))
    }
  }

  return {
    unary: {
      [method.alarm]: alarm,
      [method.status]: status,
      // Files are made new as they are compacted; there is nothing that would have to be asked for.
      [method.defragment]: async () => headers.answer(keyspace.revision, headerResponse, {}),
      [method.hash]: async () => hash(keyspace.revision),
      [method.hashKv]: hashKv,
      [method.moveLeader]: moveLeader,
      [method.downgrade]: async () => { throw etcdError('notCapable') },
    },
    streaming: { [method.snapshot]: snapshot },
  }
}
