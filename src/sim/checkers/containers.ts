/** What runs on the nodes is what the API says: a deleted pod's containers stop, a bound pod's run, once. */
import type { Pod } from '#api/gen/core-v1.ts'
import { containerNameOf, uidOf } from '#kubelet/pods/identity.ts'
import type { Checker } from './checker.ts'

export function containers(): Checker {
  return {
    promise: "a deleted pod's containers stop, a living pod's run once",
    settled({ history, nodes }) {
      const pods = new Map([...history.of<Pod>('pods').values()].map((pod) => [pod.metadata.uid, pod]))
      const running = new Set<string>()
      const problems: string[] = []
      for (const { name, containers: all } of nodes) {
        for (const container of all()) {
          if (container.state !== 'running') continue
          const uid = uidOf(container)
          const id = `${uid} ${containerNameOf(container)}`
          if (pods.get(uid)?.spec?.nodeName !== name) {
            problems.push(`container ${id} runs on ${name}, and no pod of that node wants it`)
          }
          if (running.has(id)) problems.push(`container ${id} runs twice`)
          running.add(id)
        }
      }
      for (const pod of pods.values()) {
        if (pod.status?.phase !== 'Running' || !pod.spec?.nodeName) continue
        for (const { name } of pod.spec.containers) {
          if (!running.has(`${pod.metadata.uid} ${name}`)) {
            problems.push(`container ${name} of running pod ${pod.metadata.name} does not run`)
          }
        }
      }
      return problems
    },
  }
}
