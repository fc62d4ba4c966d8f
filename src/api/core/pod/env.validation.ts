/** Rules of environment variables. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required, valueNotFound } from '#machinery/errors/field-errors.ts'
import {
  validateConfigMapKey,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateEnvVarName,
  validateName,
} from '#machinery/meta/validate-names.ts'
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector, PodSpec } from '../../gen/core-v1.ts'
import { containersOf } from './all-containers.ts'
import { validateFieldRef, validateResourceFieldRef, variablePaths } from './downward-api.validation.ts'
import { validatePathNoBacksteps } from './paths.validation.ts'

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
  if (fileKeyRef) errors.push(...validateFileKey(fileKeyRef, `${path}.fileKeyRef`))
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

/** A variable of a file in a volume (KEP-3721). */
function validateFileKey({ key, volumeName, path: target }: FileKeySelector, path: string): FieldError[] {
  return [
    ...(key ? invalidFor(`${path}.key`, key, validateEnvVarName(key)) : [required(`${path}.key`)]),
    ...(volumeName ? invalidFor(`${path}.volumeName`, volumeName, validateDns1123Label(volumeName))
      : [required(`${path}.volumeName`)]),
    ...(target ? validatePathNoBacksteps(target, `${path}.path`) : [required(`${path}.path`)]),
  ]
}

/** Such a file is in a volume that lives as long as the pod. */
export function validateFileKeyVolumes(spec: PodSpec, path: string): FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]))
  return containersOf(spec, path).flatMap(([{ env }, at]) => (env ?? []).flatMap(({ valueFrom }, index) => {
    const name = valueFrom?.fileKeyRef?.volumeName
    if (!valueFrom?.fileKeyRef) return []
    const field = `${at}.env[${index}].valueFrom.fileKeyRef.volumeName`
    const volume = volumes.get(name ?? '')
    if (!volume) return [valueNotFound(field, name ?? '')]
    return volume.emptyDir ? [] : [invalidValue(field, name, 'referenced volume must be of type emptyDir')]
  }))
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
  // Upstream judges it as the beginning of a name.
  return name ? invalidFor(`${path}.name`, name, validateName('dns1123Subdomain', name, true))
    : [required(`${path}.name`)]
}
