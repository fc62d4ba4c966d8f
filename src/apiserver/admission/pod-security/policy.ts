/** Which level a namespace asks for, and what of it a pod violates. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import { baselineChecks } from './baseline.ts'
import type { CheckedPod, Violation } from './check.ts'
import { restrictedChecks } from './restricted.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'
export type Mode = 'enforce' | 'audit' | 'warn'

export interface LevelVersion {
  readonly level: Level
  /** `latest` or `v1.30`. Checks of all versions are the newest ones here. */
  readonly version: string
}

const prefix = 'pod-security.kubernetes.io/'
export const levels: readonly string[] = ['privileged', 'baseline', 'restricted']

/** What holds for namespaces that say nothing, and for whom nothing holds. */
export interface PodSecurityConfiguration {
  readonly defaults: Readonly<Record<Mode, LevelVersion>>
  readonly exemptions: {
    readonly usernames: readonly string[]
    readonly namespaces: readonly string[]
    readonly runtimeClasses: readonly string[]
  }
}

const privileged: LevelVersion = { level: 'privileged', version: 'latest' }
export const defaultConfiguration: PodSecurityConfiguration = {
  defaults: { enforce: privileged, audit: privileged, warn: privileged },
  exemptions: { usernames: [], namespaces: [], runtimeClasses: [] },
}

/**
 * A level that cannot be read is enforced as restricted, and otherwise ignored: as upstream, never less than was meant.
 */
export function levelOf(
  labels: Readonly<Record<string, string>>, mode: Mode, defaults: PodSecurityConfiguration['defaults'],
): LevelVersion {
  const level = labels[prefix + mode] ?? defaults[mode].level
  const version = labels[`${prefix}${mode}-version`] ?? defaults[mode].version
  if (levels.includes(level)) return { level: level as Level, version: isVersion(version) ? version : 'latest' }
  return { level: mode === 'enforce' ? 'restricted' : 'privileged', version: 'latest' }
}

/** What is wrong with a namespace's own labels. */
export function labelProblems(labels: Readonly<Record<string, string>>): FieldError[] {
  const problems: FieldError[] = []
  for (const mode of ['enforce', 'audit', 'warn']) {
    const level = labels[prefix + mode]
    if (level !== undefined && !levels.includes(level)) {
      problems.push(invalidValue(`metadata.labels[${prefix}${mode}]`, level, `must be one of ${levels.join(', ')}`))
    }
    const version = labels[`${prefix}${mode}-version`]
    if (version !== undefined && !isVersion(version)) {
      problems.push(invalidValue(`metadata.labels[${prefix}${mode}-version]`, version, 'must be "latest" or "v1.x"'))
    }
  }
  return problems
}

/** `latest`, `v1.36`. */
export function isVersion(text: string): boolean {
  return text === 'latest' || /^v1\.(0|[1-9][0-9]*)$/.test(text)
}

/** Everything of the level that the pod violates; empty when it passes. */
export function violationsOf(pod: CheckedPod, level: Level): readonly Violation[] {
  const checks = level === 'restricted' ? restrictedChecks : level === 'baseline' ? baselineChecks : []
  return checks.flatMap((check) => check(pod) ?? [])
}

export function formatViolations(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')
}
