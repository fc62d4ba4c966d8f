/**
 * Kubelets that restart, machines that lose power, containers that end, images that cannot be had, runtimes that fail.
 */
import { aborted } from '#base/task-group.ts'
import { pause, type Fault } from './fault.ts'

export const kubeletRestart: Fault = {
  name: 'kubelet restarts',
  async run(lab, random, signal) {
    while (await pause(lab, random, 90_000, signal)) {
      const node = random.pick(lab.nodes)
      if (!node.isOn) continue
      lab.note(`the kubelet of ${node.name} is killed`)
      node.kill()
      await lab.clock.sleep(random.below(20_000))
      lab.note(`the kubelet of ${node.name} starts`)
      await node.start()
    }
  },
}

export const nodePower: Fault = {
  name: 'node power failures',
  async run(lab, random, signal) {
    while (await pause(lab, random, 200_000, signal)) {
      const node = random.pick(lab.nodes)
      if (!node.isOn) continue
      lab.note(`${node.name} loses power`)
      await node.powerOff()
      await lab.clock.sleep(5_000 + random.below(random.chance(0.3) ? 600_000 : 60_000), signal).catch(() => undefined)
      lab.note(`${node.name} boots`)
      await node.start()
    }
  },
}

export const containerExits: Fault = {
  name: 'container exits',
  async run(lab, random, signal) {
    while (await pause(lab, random, 20_000, signal)) {
      const { name, node } = random.pick(lab.nodes)
      const running = (await node.runtime.listContainers({})).filter(({ state }) => state === 'running')
      if (running.length === 0) continue
      const victim = random.pick(running)
      const exitCode = random.pick([0, 1, 137])
      lab.note(`container ${victim.name} ${victim.id.slice(0, 8)} on ${name} exits with ${exitCode}`)
      node.runtime.exit(victim.id, exitCode)
    }
  },
}

export const lostRuntimeEvents: Fault = {
  name: 'lost runtime events',
  async run(lab, random, signal) {
    while (await pause(lab, random, 60_000, signal)) {
      const { name, node } = random.pick(lab.nodes)
      lab.note(`the runtime of ${name} drops its listeners`)
      node.runtime.dropEvents()
    }
  },
}

export const pullFailures: Fault = {
  name: 'image pull failures',
  async run({ conditions }, random, signal) {
    conditions.pullFailure = random.next() * 0.5
    await aborted(signal)
    conditions.pullFailure = 0
  },
}

export const runtimeFailures: Fault = {
  name: 'runtime failures',
  async run({ conditions }, random, signal) {
    conditions.runtimeFailure = random.next() * 0.1
    await aborted(signal)
    conditions.runtimeFailure = 0
  },
}
