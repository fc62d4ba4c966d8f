/** Rules of environment variables. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateConfigMapKey, validateDns1123Subdomain, validateEnvVarName } from '#machinery/meta/validate-names.ts'
import type { EnvFromSource, EnvVar, EnvVarSource } from '../../gen/core-v1.ts'
import { validateFieldRef, validateResourceFieldRef, variablePaths } from './downward-api.validation.ts'

export function validateEnv(variables: readonly EnvVar[], path: string): FieldError[] {
  return variables.flatMap(({ name, value, valueFrom }, index) => {
    const at = `${path}[${index}]`
    return [
      ...(name ? invalidFor(`${at}.name`, name, validateEnvVarName(name)) : [required(`${at}.name`)]),
      ...(valueFrom ? validateValueFrom(valueFrom, value ?? '', `${at}.valueFrom`) : []),
    ]
  })
}

function validateValueFrom(source: EnvVarSource, value: string, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source
  const errors: FieldError[] = []
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, variablePaths, `${path}.fieldRef`))
  if (resourceFieldRef) errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, false))
  if (configMapKeyRef) errors.push(...validateKeySelector(configMapKeyRef, `${path}.configMapKeyRef`))
  if (secretKeyRef) errors.push(...validateKeySelector(secretKeyRef, `${path}.secretKeyRef`))
  if (fileKeyRef) {
    for (const field of ['key', 'volumeName', 'path'] as const) {
      if (!fileKeyRef[field]) errors.push(required(`${path}.fileKeyRef.${field}`))
    }
  }
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length
  if (sources === 0) {
    errors.push(invalidValue(path, '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'))
  } else if (value !== '') errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'))
  else if (sources > 1) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'))
  return errors
}

function validateKeySelector(
  { name = '', key }: { readonly name?: string; readonly key: string }, path: string,
): FieldError[] {
  return [
    ...invalidFor(`${path}.name`, name, validateDns1123Subdomain(name)),
    ...(key ? invalidFor(`${path}.key`, key, validateConfigMapKey(key)) : [required(`${path}.key`)]),
  ]
}

export function validateEnvFrom(sources: readonly EnvFromSource[], path: string): FieldError[] {
  return sources.flatMap(({ prefix, configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`
    const errors = prefix ? invalidFor(`${at}.prefix`, prefix, validateEnvVarName(prefix)) : []
    if (configMapRef) errors.push(...validateSourceName(configMapRef.name, `${at}.configMapRef`))
    if (secretRef) errors.push(...validateSourceName(secretRef.name, `${at}.secretRef`))
    // The path is the whole list's in upstream too.
    if (!configMapRef && !secretRef) {
      errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    } else if (configMapRef && secretRef) {
      errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'))
    }
    return errors
  })
}

function validateSourceName(name: string | undefined, path: string): FieldError[] {
  return name ? invalidFor(`${path}.name`, name, validateDns1123Subdomain(name)) : [required(`${path}.name`)]
}
