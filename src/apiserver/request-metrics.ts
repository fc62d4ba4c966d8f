/** What the filters and admission count beside requests themselves, with upstream's names. */
import type { AuthorizationDecision } from './authz/authorizer.ts'
import { formatLabels, HistogramFamily, NumberFamily, type HistogramSeries } from './metric-families.ts'

/** Of authentication and authorization: from a millisecond, doubled. */
const powersOfTwo = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power)
const admissionBuckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
/** User names that upstream tells apart. */
const toldUsers: ReadonlySet<string> = new Set([
  'admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default',
])

export type AdmissionType = 'admit' | 'validate'

export class RequestMetrics {
  readonly #authentications = new NumberFamily(
    'authentication_attempts', 'counter', '[ALPHA] Counter of authenticated attempts.')
  readonly #authenticationSeconds = new HistogramFamily(
    'authentication_duration_seconds', '[ALPHA] Authentication duration in seconds broken out by result.', powersOfTwo)
  readonly #users = new NumberFamily('authenticated_user_requests', 'counter',
    '[ALPHA] Counter of authenticated requests broken out by username.')
  readonly #authorizations = new NumberFamily('authorization_attempts_total', 'counter',
    "[ALPHA] Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' "
      + "or 'error'.")
  readonly #authorizationSeconds = new HistogramFamily(
    'authorization_duration_seconds', '[ALPHA] Authorization duration in seconds broken out by result.', powersOfTwo)
  readonly #admissionSeconds = new HistogramFamily('apiserver_admission_controller_admission_duration_seconds',
    '[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation '
      + 'and API resource and type (validate or admit).', admissionBuckets)
  readonly #stepSeconds = new HistogramFamily('apiserver_admission_step_admission_duration_seconds',
    '[STABLE] Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step '
      + 'type (validate or admit).', admissionBuckets)
  /** By what is told apart, so that nothing is formatted for each request. */
  readonly #known = new Map<string, HistogramSeries>()

  authenticated(result: 'success' | 'failure' | 'error', user: string | undefined, durationMs: number): void {
    this.#authentications.add(`result="${result}"`)
    this.#observe(this.#authenticationSeconds, `authn ${result}`, () => ({ result }), durationMs)
    if (user !== undefined) this.#users.add(userLabels(user))
  }

  authorized(decision: AuthorizationDecision, durationMs: number): void {
    const result = resultOf(decision)
    this.#authorizations.add(`result="${result}"`)
    this.#observe(this.#authorizationSeconds, `authz ${result}`, () => ({ result }), durationMs)
  }

  /** One plugin, or with an empty `name` all of them together. */
  admitted(name: string, operation: string, type: AdmissionType, rejected: boolean, durationMs: number): void {
    const labels = { ...(name !== '' && { name }), operation, rejected: String(rejected), type }
    this.#observe(name === '' ? this.#stepSeconds : this.#admissionSeconds, `${name} ${operation} ${type} ${rejected}`,
      () => labels, durationMs)
  }

  reset(): void {
    for (const family of this.#families()) family.reset()
    this.#known.clear()
  }

  render(lines: string[]): void {
    for (const family of this.#families()) family.render(lines)
  }

  #families(): readonly (HistogramFamily | NumberFamily)[] {
    return [
      this.#authentications, this.#authenticationSeconds, this.#users, this.#authorizations, this.#authorizationSeconds,
      this.#admissionSeconds, this.#stepSeconds,
    ]
  }

  #observe(
    family: HistogramFamily, key: string, labels: () => Readonly<Record<string, string>>, durationMs: number,
  ): void {
    let series = this.#known.get(key)
    if (!series) this.#known.set(key, series = family.series(formatLabels(labels())))
    family.observe(series, durationMs / 1000)
  }
}

function userLabels(name: string): string {
  const told = toldUsers.has(name) ? name : name.includes('@') ? 'email_id' : 'other'
  return `username="${told}"`
}

function resultOf({ allowed, denied, error }: AuthorizationDecision): string {
  if (allowed) return 'allowed'
  if (denied) return 'denied'
  return error === undefined ? 'no-opinion' : 'error'
}
