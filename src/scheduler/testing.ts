/** Nodes and pods from one line of text each, for tables of decisions. */
import type { Node, Pod, PodSpec } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { nodeInfoOf, type NodeInfo } from './snapshot/node-info.ts'
import { podInfoOf, type PodInfo } from './snapshot/pod-info.ts'
import { snapshotOf, type Snapshot } from './snapshot/snapshot.ts'

const meta = (name: string, labels: Record<string, string>, created = 0) => ({
  name, labels, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: new Date(created * 1_000).toISOString(),
})

/**
 * `name cpu=4 memory=8Gi pods=110 LABEL:value taint=key=value:Effect unschedulable image=name@bytes`;
 * without figures a node has cpu=4, memory=8Gi, pods=110.
 */
export function nodeOf(line: string): Stored<Node> {
  const [name = '', ...words] = line.trim().split(/\s+/)
  const labels: Record<string, string> = { 'kubernetes.io/hostname': name }
  const allocatable: Record<string, string> = { cpu: '4', memory: '8Gi', pods: '110' }
  const taints: { key: string; value: string; effect: 'NoSchedule' }[] = []
  const images: { names: string[]; sizeBytes: number }[] = []
  let unschedulable = false
  for (const word of words) {
    const [key = '', value = ''] = splitOnce(word, word.includes('=') ? '=' : ':')
    if (key === 'taint') {
      const [, taint = '', text = '', effect = ''] = /^([^=:]+)=?([^:]*):(\w+)$/.exec(value) ?? []
      taints.push({ key: taint, value: text, effect: effect as 'NoSchedule' })
    } else if (key === 'image') images.push({ names: [value.split('@')[0]!], sizeBytes: Number(value.split('@')[1]) })
    else if (word === 'unschedulable') unschedulable = true
    else if (word.includes('=')) allocatable[key] = value
    else labels[key] = value
  }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: meta(name, labels),
    spec: {
      taints,
      unschedulable,
    },
    status: { allocatable, images },
  }
}

/**
 * `name [on NODE] cpu=1 memory=1Gi priority=5 port=80 started=3 LABEL:value image=x {"json": "of more PodSpec"}` in
 * namespace `default`.
 */
export function podOf(line: string): Stored<Pod> {
  const at = line.indexOf('{')
  const more = (at < 0 ? {} : JSON.parse(line.slice(at))) as Partial<PodSpec>
  const [name = '', ...words] = (at < 0 ? line : line.slice(0, at)).trim().split(/\s+/)
  const labels: Record<string, string> = {}
  const requests: Record<string, string> = {}
  const ports: { hostPort: number; containerPort: number }[] = []
  let [nodeName, image, priority, started] = ['', 'app', 0, 0]
  for (const [i, word] of words.entries()) {
    const [key = '', value = ''] = splitOnce(word, word.includes('=') ? '=' : ':')
    if (word === 'on') nodeName = words[i + 1] ?? ''
    else if (words[i - 1] === 'on') continue
    else if (key === 'priority') priority = Number(value)
    else if (key === 'started') started = Number(value)
    else if (key === 'image') image = value
    else if (key === 'port') ports.push({ hostPort: Number(value), containerPort: Number(value) })
    else if (word.includes('=')) requests[key] = value
    else if (word !== '') labels[key] = value
  }
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { ...meta(name, labels, started), namespace: 'default' },
    spec: {
      containers: [{ name: 'main', image, resources: { requests }, ports }],
      priority,
      schedulerName: 'default-scheduler',
      ...(nodeName !== '' && { nodeName }),
      ...more,
    },
    status: { startTime: new Date(started * 1_000).toISOString() },
  }
}

/** `nodes` and `pods` have one line for each. */
export function clusterOf(nodes: string, pods = ''): Snapshot {
  const infos = linesOf(pods).map((line) => podInfoOf(podOf(line)))
  return snapshotOf(linesOf(nodes).map((line) => {
    const node = nodeOf(line)
    return nodeInfoOf(node, infos.filter(({ pod }) => pod.spec?.nodeName === node.metadata.name))
  }), { namespaceLabels: (name) => ({ 'kubernetes.io/metadata.name': name }) })
}

export function infoOf(line: string): PodInfo {
  return podInfoOf(podOf(line))
}

export function nodeInfoFrom(line: string): NodeInfo {
  return nodeInfoOf(nodeOf(line))
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
