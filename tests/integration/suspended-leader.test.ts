/** Leaders and candidates whose process was suspended: there is one leader, and it knows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lease } from '#api/coordination/lease/lease.ts'
import { startTestServer } from '#apiserver/testing.ts'
import { createClient } from '#client/client.ts'
import { runAsLeader } from '#client/leader-election.ts'
import { createSeededRandom } from '#client/testing/seeded-random.ts'
import type { Transport } from '#client/transport.ts'
import { createSimClock } from '#sim/clock.ts'
import { silentLog } from '#world/log.ts'

interface Candidate {
  isLeading(): boolean
  /** Its process runs for so long. */
  run(ms: number): Promise<void>
  /** Its process is suspended for so long; what it has missed it does when it runs again. */
  suspend(ms: number): void
  stop(): Promise<void>
}

/** Each candidate is a machine of its own, with its own clock. */
function stand(transport: Transport, identity: string): Candidate {
  const clock = createSimClock()
  const end = new AbortController()
  let isLeading = false
  const done = runAsLeader(
    { transport, clock, random: createSeededRandom(1), log: silentLog, name: 'test', identity },
    end.signal,
    async (signal) => {
      isLeading = true
      await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }) })
      isLeading = false
    },
  )
  return {
    isLeading: () => isLeading,
    run: (ms) => clock.advance(ms),
    suspend: (ms) => clock.suspend(ms),
    async stop() {
      end.abort(new Error('the test is over'))
      await clock.drive(done)
    },
  }
}

async function candidates() {
  const transport = startTestServer().server.localTransport({ name: 'admin', groups: ['system:masters'] })
  const [first, second] = [stand(transport, 'first'), stand(transport, 'second')]
  await first.run(5_000)
  await second.run(5_000)
  assert.deepEqual([first.isLeading(), second.isLeading()], [true, false])
  const leases = createClient(transport).of(lease, 'kube-system')
  return { first, second, holder: async () => (await leases.get('test')).spec?.holderIdentity }
}

test('a leader that was suspended while another took over stands down at once, and leaves the lease alone', async () => {
  const { first, second, holder } = await candidates()
  await second.run(30_000)
  assert.equal(second.isLeading(), true)
  first.suspend(30_000)
  await first.run(1)
  assert.equal(first.isLeading(), false)
  await first.run(10_000)
  assert.deepEqual([second.isLeading(), await holder()], [true, 'second'])
  await Promise.all([first.stop(), second.stop()])
})

test('a leader that was suspended and finds its lease as it left it goes on, and nobody else begins', async () => {
  const { first, second, holder } = await candidates()
  await second.run(9_000)
  first.suspend(30_000)
  await first.run(1)
  await second.run(10_000)
  assert.deepEqual([first.isLeading(), second.isLeading(), await holder()], [true, false, 'first'])
  await Promise.all([first.stop(), second.stop()])
})

test('a candidate that was suspended does not take its own sleep for the leader\'s silence', async () => {
  const { first, second, holder } = await candidates()
  await first.run(60_000)
  second.suspend(60_000)
  for (let i = 0; i < 10; i++) {
    await second.run(2_000)
    await first.run(2_000)
  }
  assert.deepEqual([first.isLeading(), second.isLeading(), await holder()], [true, false, 'first'])
  await Promise.all([first.stop(), second.stop()])
})
