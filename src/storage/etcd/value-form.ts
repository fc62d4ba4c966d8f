/** What a value of the store looks like in an etcd, where other programs read it, too. */

export interface ValueForm {
  toEtcd(value: Uint8Array): Uint8Array
  fromEtcd(value: Uint8Array): Uint8Array
}

export const sameForm: ValueForm = { toEtcd: (value) => value, fromEtcd: (value) => value }

/**
 * What this server has asked for and not seen come back yet. The watch brings it in the etcd's form; making ours of
 * that again would cost more than looking whether it is what was sent.
 */
export class OwnWrites {
  readonly #form: ValueForm
  readonly #sent = new Map<string, { readonly sent: Uint8Array; readonly value: Uint8Array }>()

  constructor(form: ValueForm) {
    this.#form = form
  }

  /** The bytes to send. Until `forget`, a change to the same bytes is known to have been made of this value. */
  send(key: string, value: Uint8Array): Uint8Array {
    const sent = this.#form.toEtcd(value)
    this.#sent.set(key, { sent, value })
    return sent
  }

  forget(key: string, value: Uint8Array): void {
    if (this.#sent.get(key)?.value === value) this.#sent.delete(key)
  }

  valueOf(key: string, came: Uint8Array): Uint8Array {
    const own = this.#sent.get(key)
    return own !== undefined && sameBytes(own.sent, came) ? own.value : this.#form.fromEtcd(came)
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
