/** Keeps work on large objects and long lists from holding up everybody else: now and then it lets others run. */

/** Lets everything that waits for the processor run, then goes on. Provided by the host. */
export type GiveWay = () => Promise<void>

/** Objects of this size take milliseconds in each stage of a write; nearly all are far smaller. */
const heavyBytes = 128 * 1024

/** So many entries are worked on in one turn. */
export const sliceLength = 256

/** The pace of one request. */
export class Pace {
  readonly #giveWay: GiveWay | undefined
  #heavy = false

  /** Without `giveWay` (a simulation, in which time stands still meanwhile) nothing ever waits. */
  constructor(giveWay: GiveWay | undefined) {
    this.#giveWay = giveWay
  }

  /** Told of everything that the request reads: its body, the object as stored. */
  weigh(bytes: number): void {
    if (bytes >= heavyBytes) this.#heavy = true
  }

  /** In loops over entries that are decoded, of which some thousands take a tenth of a second; `done` counts them. */
  async pauseInLoop(done: number): Promise<void> {
    if (done % sliceLength === 0 && done > 0 && this.#giveWay) await this.#giveWay()
  }

  /** Between two stages, where it does no harm if the store changes. Undefined: there is no need to wait. */
  pause(): Promise<void> | undefined {
    return this.#heavy ? this.#giveWay?.() : undefined
  }
}
