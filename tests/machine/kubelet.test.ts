/** The real kubelet on a real containerd. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { demoImageName } from '#bootstrap/images/names.ts'
import { haveContainerd, openNodeLaboratory } from './node-laboratory.ts'

const skip = haveContainerd() ? false : 'needs root, containerd, runc and busybox'
let lab: Awaited<ReturnType<typeof openNodeLaboratory>>
before(async () => { if (!skip) lab = await openNodeLaboratory() })
after(async () => { await lab?.[Symbol.asyncDispose]() })

const demo = { image: demoImageName, imagePullPolicy: 'IfNotPresent' as const }
const isReady = (pod: { status?: { conditions?: { type: string; status: string }[] } } | undefined): boolean =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

test('a pod becomes Running and Ready by its HTTP probe', { skip }, async () => {
  const begin = performance.now()
  await lab.create('web', { containers: [{ name: 'web', ...demo, readinessProbe: { httpGet: { port: 80 as never, path: '/' }, periodSeconds: 1 } }] })
  const pod = await lab.until('web', isReady)
  assert.equal(pod?.status?.phase, 'Running')
  assert.match(pod?.status?.podIP ?? '', /^10\.199\.7\./)
  console.log(`ready after ${Math.round(performance.now() - begin)} ms`)
})
