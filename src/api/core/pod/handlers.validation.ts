/** Rules of probes and lifecycle hooks. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateHttpHeaderName } from '#machinery/meta/validate-names.ts'
import type { HTTPGetAction, Lifecycle, Probe, SleepAction } from '../../gen/core-v1.ts'
import { validateChoice, validateNonNegative, validatePortNumberOrName } from '../../numbers.validation.ts'

interface Handler {
  readonly exec?: { readonly command?: readonly string[] }
  readonly httpGet?: HTTPGetAction
  readonly tcpSocket?: { readonly port: number | string }
  readonly grpc?: { readonly port: number }
  readonly sleep?: SleepAction
}

/** Exactly one way to probe or to run the hook. `graceSeconds` is the pod's: a hook cannot sleep longer. */
function validateHandler(handler: Handler, graceSeconds: number | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  const take = (name: keyof Handler, validate: () => FieldError[]): void => {
    if (handler[name] === undefined) return
    found++
    if (found > 1) errors.push(forbiddenValue(`${path}.${name}`, 'may not specify more than 1 handler type'))
    else errors.push(...validate())
  }
  take('exec', () => (handler.exec?.command?.length ? [] : [required(`${path}.exec.command`)]))
  take('httpGet', () => validateHttpGet(handler.httpGet!, `${path}.httpGet`))
  take('tcpSocket', () => validatePortNumberOrName(handler.tcpSocket!.port, `${path}.tcpSocket.port`))
  take('grpc', () => validatePortNumberOrName(handler.grpc!.port, `${path}.grpc.port`))
  take('sleep', () => validateSleep(handler.sleep!, graceSeconds, `${path}.sleep`))
  if (found === 0) errors.push(required(path, 'must specify a handler type'))
  return errors
}

function validateHttpGet({ path: target, port, scheme, httpHeaders }: HTTPGetAction, path: string): FieldError[] {
  return [
    ...(target ? [] : [required(`${path}.path`)]),
    ...validatePortNumberOrName(port, `${path}.port`),
    ...validateChoice(scheme ?? '', ['HTTP', 'HTTPS'], `${path}.scheme`),
    ...(httpHeaders ?? []).flatMap(({ name }) => invalidFor(`${path}.httpHeaders`, name, validateHttpHeaderName(name))),
  ]
}

function validateSleep({ seconds }: SleepAction, graceSeconds: number | undefined, path: string): FieldError[] {
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return []
  return [
    invalidValue(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`),
  ]
}

function validateProbe(probe: Probe, graceSeconds: number | undefined, path: string): FieldError[] {
  const errors = validateHandler(probe, graceSeconds, path)
  for (const field of [
    'initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold',
  ] as const) {
    errors.push(...validateNonNegative(probe[field], `${path}.${field}`))
  }
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0) {
    errors.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'))
  }
  return errors
}

interface Probes {
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
}

/** One success is enough to live, or to have started; being ready may need more, and never kills. */
export function validateProbes(probes: Probes, graceSeconds: number | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = probes[name]
    if (!probe) continue
    errors.push(...validateProbe(probe, graceSeconds, `${path}.${name}`))
    if (name === 'readinessProbe') {
      const grace = probe.terminationGracePeriodSeconds
      if (grace !== undefined) {
        errors.push(
          invalidValue(`${path}.${name}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'),
        )
      }
    } else if (probe.successThreshold !== 1) {
      errors.push(invalidValue(`${path}.${name}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'))
    }
  }
  return errors
}

export function validateLifecycle(
  lifecycle: Lifecycle | undefined, graceSeconds: number | undefined, path: string,
): FieldError[] {
  return [
    ...(lifecycle?.postStart ? validateHandler(lifecycle.postStart, graceSeconds, `${path}.postStart`) : []),
    ...(lifecycle?.preStop ? validateHandler(lifecycle.preStop, graceSeconds, `${path}.preStop`) : []),
  ]
}
