/** Table: faults of pods → told of new objects, and forgiven where the stored object has them already. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replicationController } from '../replicationcontroller/replicationcontroller.ts'
import { checkCreate, checkUpdate } from '../../kind-check.ts'
import { pod } from './pod.ts'

interface Row {
  readonly it: string
  readonly spec?: object
  readonly annotations?: object
  /** How the fault starts that a new object is refused with. */
  readonly fault: string
}

const container = { name: 'a', image: 'i' }

const rows: readonly Row[] = [
  {
    it: 'costs what is no number', annotations: { 'controller.kubernetes.io/pod-deletion-cost': 'a' },
    fault: 'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "a"',
  },
  {
    it: 'is near pods whose label no pod has',
    fault: 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector' +
      '.matchExpressions[0].values[0]: Invalid value: "-"',
    spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{
      topologyKey: 'k', labelSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] },
    }] } } },
  },
  {
    it: 'is on nodes whose label no node has',
    fault: 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]' +
      '.matchExpressions[0].values[0]: Invalid value: "-"',
    spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [
      { matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] },
    ] } } } },
  },
  {
    it: 'asks for half a page', fault: 'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi"',
    spec: { containers: [{ ...container, resources: { limits: { cpu: '1', 'hugepages-2Mi': '3Mi' } } }] },
  },
  {
    it: 'spreads over what cannot be selected', fault: 'spec.topologySpreadConstraints[0].labelSelector.matchLabels: Invalid value: "-"',
    spec: { topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'k', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: '-' } } },
    ] },
  },
  {
    it: 'has a token outside of its volume', fault: 'spec.volumes[0].projected.path: Invalid value: "/a"',
    spec: { serviceAccountName: 's', volumes: [
      { name: 'v', projected: { sources: [{ serviceAccountToken: { path: '/a' } }] } },
    ] },
  },
  {
    it: 'sets what the node shares', fault: 'spec.securityContext.sysctls[0].name: Invalid value: "net.ipv4.ip_forward"',
    spec: { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.ipv4.ip_forward', value: '1' }] } },
  },
  {
    it: 'labels volumes when they are mounted', fault: 'spec.securityContext.seLinuxChangePolicy: Unsupported value: "MountOption"',
    spec: { securityContext: { seLinuxChangePolicy: 'MountOption' } },
  },
  {
    it: 'restarts what runs once when it is resized', fault: 'spec.initContainers[0].resizePolicy',
    spec: { initContainers: [
      { name: 'b', image: 'i', resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
    ] },
  },
  {
    it: 'has a device with users of its own', fault: 'spec.containers[0].volumeDevices: Forbidden',
    spec: {
      hostUsers: false, containers: [{ ...container, volumeDevices: [{ name: 'v', devicePath: '/a' }] }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
    },
  },
  {
    it: 'mounts an image of no name', fault: 'spec.volumes[0].image.reference: Required value',
    spec: { volumes: [{ name: 'v', image: { reference: '' } }] },
  },
]

function podOf({ spec, annotations }: Row, labels: object): object {
  const metadata = { name: 'p', labels, ...(annotations && { annotations }) }
  return { metadata, spec: { containers: [container], ...spec } }
}

function controllerOf(row: Row, replicas: number): object {
  const { metadata, spec } = podOf(row, { a: 'b' }) as { metadata: object, spec: object }
  return { metadata: { name: 'a' }, spec: { replicas, selector: { a: 'b' }, template: { metadata, spec } } }
}

for (const row of rows) {
  test(`a pod ${row.it}`, () => {
    const { errors, object } = checkCreate(pod, podOf(row, {}))
    assert.ok(errors.some((text) => text.startsWith(row.fault)), errors.join('\n'))
    assert.deepEqual(checkUpdate(pod, podOf(row, { a: 'b' }), object).errors, [])
  })

  test(`a template ${row.it}`, () => {
    const fault = row.fault.startsWith('spec') ? `spec.template.${row.fault}` : row.fault.replace('metadata', 'spec.template')
    const told = (errors: readonly string[]): boolean => errors.some((text) => text.startsWith(fault))
    const { errors, object } = checkCreate(replicationController, controllerOf(row, 1))
    assert.ok(told(errors), errors.join('\n'))
    assert.deepEqual(checkUpdate(replicationController, controllerOf(row, 2), object).errors, [])
    const good = checkCreate(replicationController, controllerOf({ it: '', fault: '' }, 1)).object
    assert.ok(told(checkUpdate(replicationController, controllerOf(row, 1), good).errors))
  })
}
