/** Rules of the configuration that a kubelet of long ago took from a ConfigMap: nothing reads it any more. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateConfigMapKey, validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import type { ConfigMapNodeConfigSource, NodeConfigSource, NodeSpec, NodeStatus } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'

export function validateConfigSources(spec: NodeSpec = {}, status: NodeStatus = {}): FieldError[] {
  const errors = validateSource(spec.configSource, 'spec.configSource', validateInSpec)
  for (const field of ['assigned', 'active', 'lastKnownGood'] as const) {
    errors.push(...validateSource(status.config?.[field], `status.config.${field}`, validateInStatus))
  }
  return errors
}

type Rule = (source: ConfigMapNodeConfigSource, path: string) => FieldError[]

function validateSource(source: NodeConfigSource | undefined, path: string, rule: Rule): FieldError[] {
  if (!source) return []
  const { configMap } = source
  return configMap ? [...rule(configMap, `${path}.configMap`), ...validateConfigMap(configMap, `${path}.configMap`)]
    : [invalidValue(path, internalValue('NodeConfigSource', source), 'exactly one reference subfield must be non-nil')]
}

const exact = ['uid', 'resourceVersion'] as const

function validateInSpec(source: ConfigMapNodeConfigSource, path: string): FieldError[] {
  return exact.flatMap((field) => source[field] ? [
    forbiddenValue(`${path}.${field}`, `${field} must not be set in spec`),
  ] : [])
}

function validateInStatus(source: ConfigMapNodeConfigSource, path: string): FieldError[] {
  return exact.flatMap((field) => source[field] ? [] : [required(`${path}.${field}`)])
}

function validateConfigMap(source: ConfigMapNodeConfigSource, path: string): FieldError[] {
  const rules = {
    namespace: validateDns1123Label, name: validateDns1123Subdomain, kubeletConfigKey: validateConfigMapKey,
  }
  return (['namespace', 'name', 'kubeletConfigKey'] as const).flatMap((field) => source[field]
    ? invalidFor(`${path}.${field}`, source[field], rules[field](source[field])) : [required(`${path}.${field}`)])
}
