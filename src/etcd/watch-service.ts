/** etcd's Watch service: any number of watches on one stream. */
import { method } from '#storage/etcd/messages/method.ts'
import { watchRequest } from '#storage/etcd/messages/watch.ts'
import { decodeRequest, type EtcdContext, type EtcdService } from './service.ts'
import { EventEncoder } from './watch-events.ts'
import { WatchStream } from './watch-stream.ts'

export function watchService(context: EtcdContext): EtcdService {
  const encoder = new EventEncoder()
  return {
    streaming: {
      [method.watch]: async (call) => {
        const stream = new WatchStream(context, encoder, call)
        try {
          for await (const bytes of call.received) await stream.handle(decodeRequest(watchRequest, bytes))
          await stream.finished()
        } finally {
          stream.close()
        }
      },
    },
  }
}
