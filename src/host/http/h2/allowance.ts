/** How much a client may ask for that costs it nothing and us something: resets, pings, empty frames. */
import type { Limits } from '../limits.ts'
import { ConnectionError, errorCode } from './frames.ts'

export class Allowance {
  readonly #limits: Limits
  #frames: number
  #resets: number
  #refilledAt = performance.now()

  constructor(limits: Limits) {
    this.#limits = limits
    this.#frames = limits.idleFramesPerSecond
    this.#resets = limits.resetBurst
  }

  /** For a frame that carries nothing. Throws ConnectionError when there were too many. */
  chargeFrame(): void {
    this.#refill()
    if (--this.#frames < 0) throw new ConnectionError(errorCode.enhanceYourCalm, 'too many frames that carry nothing')
  }

  chargeReset(): void {
    this.#refill()
    if (--this.#resets < 0) throw new ConnectionError(errorCode.enhanceYourCalm, 'too many resets')
  }

  #refill(): void {
    const now = performance.now()
    const seconds = (now - this.#refilledAt) / 1000
    if (seconds < 0.05) return
    this.#refilledAt = now
    const { idleFramesPerSecond, resetBurst, resetRate } = this.#limits
    this.#frames = Math.min(this.#frames + seconds * idleFramesPerSecond, 2 * idleFramesPerSecond)
    this.#resets = Math.min(this.#resets + seconds * resetRate, resetBurst)
  }
}
