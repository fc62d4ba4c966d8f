/** Validation of ResourceQuotas: what can be counted, and for which pods. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { ResourceList, ResourceQuota, ResourceQuotaSpec } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import {
  isHugePages,
  isStandardQuotaResource,
  validateQuantityValue,
  validateResourceName,
} from '../pod/resources.validation.ts'

const scopes = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
])
const scopesOfExistence = new Set([
  'BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity',
])
const conflicting = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const

export function validateResourceQuota({ spec, status }: ResourceQuota): FieldError[] {
  return [
    ...validateList(spec?.hard, 'spec.hard'),
    ...validateScopes(spec ?? {}),
    ...validateScopeSelector(spec ?? {}),
    ...validateList(status?.hard, 'status.hard'),
    ...validateList(status?.used, 'status.used'),
  ]
}

function validateList(list: ResourceList | undefined, path: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, quantity]) => {
    const at = `${path}[${name}]`
    const errors = validateResourceName(name, at)
    if (!name.includes('/') && !isStandardQuotaResource(name)) {
      errors.push(invalidValue(at, name, 'must be a standard resource for quota'))
    }
    return [...errors, ...validateQuantityValue(name, quantity, at)]
  })
}

function validateScopes({ scopes: chosen = [], hard }: ResourceQuotaSpec): FieldError[] {
  const errors: FieldError[] = []
  if (chosen.length === 0) return errors
  for (const scope of chosen) {
    if (!scopes.has(scope)) errors.push(invalidValue('spec.scopes', chosen, 'unsupported scope'))
    for (const name of Object.keys(hard ?? {}).toSorted()) {
      if (!appliesTo(scope, name)) {
        errors.push(invalidValue('spec.scopes', chosen, 'unsupported scope applied to resource'))
      }
    }
  }
  return [...errors, ...validateConflicts(new Set(chosen), 'spec.scopes', chosen)]
}

function validateConflicts(chosen: ReadonlySet<string>, path: string, shown: unknown): FieldError[] {
  return conflicting
    .filter(([a, b]) => chosen.has(a) && chosen.has(b))
    .map(() => invalidValue(path, shown, 'conflicting scopes'))
}

const podCompute = new Set(['pods', 'cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'])

function appliesTo(scope: string, name: string): boolean {
  if (!isStandardQuotaResource(name)) return true
  switch (scope) {
    case 'Terminating':
    case 'NotTerminating':
    case 'NotBestEffort':
    case 'PriorityClass':
    case 'CrossNamespacePodAffinity':
      return (
        podCompute.has(name)
        || isHugePages(name)
        || name.includes('ephemeral-storage')
        || name.startsWith('requests.hugepages-')
      )
    case 'BestEffort': return name === 'pods'
    case 'VolumeAttributesClass': return name === 'persistentvolumeclaims' || name === 'requests.storage'
    default: return true
  }
}

function validateScopeSelector({ scopeSelector, hard, scopes: chosen }: ResourceQuotaSpec): FieldError[] {
  if (!scopeSelector) return []
  const path = 'spec.scopeSelector.matchExpressions'
  const names = new Set<string>()
  const errors = (scopeSelector.matchExpressions ?? []).flatMap(({ scopeName = '', operator = '', values = [] }) => {
    const found: FieldError[] = []
    if (!scopes.has(scopeName)) found.push(invalidValue(`${path}.scopeName`, scopeName, 'unsupported scope'))
    for (const name of Object.keys(hard ?? {}).toSorted()) {
      if (!appliesTo(scopeName, name)) {
        found.push(invalidValue(path, internalValue('ScopeSelector', scopeSelector), 'unsupported scope applied to resource'))
      }
    }
    if (scopesOfExistence.has(scopeName) && operator !== 'Exists') {
      found.push(
        invalidValue(
          `${path}.operator`,
          operator,
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
            + 'ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or '
            + 'ResourceQuotaScopeCrossNamespacePodAffinity',
        ),
      )
    }
    names.add(scopeName)
    return [...found, ...validateOperands(operator, values, path)]
  })
  return [...errors, ...validateConflicts(names, path, chosen)]
}

function validateOperands(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? []
        : [required(
          `${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        )]
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0 ? []
        : [
          invalidValue(
            `${path}.values`,
            values,
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
          ),
        ]
    default: return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')]
  }
}

export function validateResourceQuotaUpdate({ spec }: ResourceQuota, old: Stored<ResourceQuota>): FieldError[] {
  const sorted = (list: readonly string[] | undefined): string => [...new Set(list)].toSorted().join()
  return sorted(spec?.scopes) === sorted(old.spec?.scopes)
    ? []
    : [invalidValue('spec.scopes', spec?.scopes, 'field is immutable')]
}

export function validateResourceQuotaStatusUpdate({ status }: ResourceQuota): FieldError[] {
  return [...validateList(status?.hard, 'status.hard'), ...validateList(status?.used, 'status.used')]
}
