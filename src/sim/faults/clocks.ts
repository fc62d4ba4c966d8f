/** Wall clocks that jump, forward and back, on any machine. They stay wrong: nobody may depend on them. */
import { pause, type Fault } from './fault.ts'

const steps = [1_000, 40_000, 600_000, 3_600_000]

export const clockSteps: Fault = {
  name: 'clock steps',
  async run(lab, random, signal) {
    lab.conditions.areClocksRight = false
    while (await pause(lab, random, 120_000, signal)) {
      const machine = random.below(lab.nodes.length + 1)
      const name = lab.nodes[machine]?.name ?? 'the control plane'
      const clock = lab.nodes[machine]?.clock ?? lab.controlPlaneClock
      const ms = random.pick(steps) * (random.chance(0.5) ? 1 : -1)
      lab.note(`the clock of ${name} steps by ${ms / 1000} s`)
      clock.step(ms)
    }
  },
}
