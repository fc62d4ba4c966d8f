/** Runs one target for a time or a number of rounds, and tells the seed of the round that failed. */
import { dice } from './mutate.ts'
import type { Target } from './targets.ts'

/** No input may hold the process longer. */
const stallMs = 1000

export interface Limits {
  readonly seed: number
  readonly rounds?: number
  readonly milliseconds?: number
}

export interface Result {
  readonly rounds: number
  readonly slowestMs: number
}

/** Throws with the target, the seed and the cause. */
export async function fuzz(target: Target, { seed, rounds = Infinity, milliseconds = Infinity }: Limits): Promise<Result> {
  const round = await target.prepare()
  const until = performance.now() + milliseconds
  let slowestMs = 0
  let done = 0
  while (done < rounds && performance.now() < until) {
    const own = seed + done
    const before = process.cpuUsage()
    try {
      await round(dice(own))
    } catch (error) {
      throw new Error(`${target.name}, seed ${own}: npm run fuzz -- ${target.name} --seed ${own} --rounds 1`, { cause: error })
    }
    const { user, system } = process.cpuUsage(before)
    const spent = (user + system) / 1000
    slowestMs = Math.max(slowestMs, spent)
    if (spent > stallMs) throw new Error(`${target.name}, seed ${own}: took ${spent.toFixed(0)} ms of CPU`)
    done++
  }
  return { rounds: done, slowestMs }
}
