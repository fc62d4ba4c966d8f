/** The contract of Store on a store over our own etcd, all in this process. */
import { systemClock } from '#host/clock.ts'
import { systemRandom } from '#host/random.ts'
import { deriveMember } from '#etcd/member.ts'
import { etcdHandler } from '#etcd/etcd-handler.ts'
import { createSimChannel } from '#sim/rpc-channel.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { openEtcdStore } from '#storage/etcd/etcd-store.ts'
import { silentLog } from '#world/log.ts'
import { storeContract } from './store-contract.ts'

const member = deriveMember({ name: 'm', clientUrls: [], peerUrls: [], clusterToken: '' })

storeContract('store over an etcd in this process', ({ historyChanges } = {}) => {
  const keyspace = openVolatileStore({ clock: systemClock })
  const handler = etcdHandler({ keyspace, member, clock: systemClock, log: silentLog })
  const channel = createSimChannel({
    handler, clock: systemClock, fate: () => 'answered', delayMs: () => 0, lateMs: () => 0,
  })
  return openEtcdStore({
    members: [{ url: 'sim://etcd', channel }], clock: systemClock, random: systemRandom, log: silentLog, identity: 'a',
    options: { root: '', prefix: '', ...(historyChanges && { historyChanges }) },
  })
}, { quota: false })
