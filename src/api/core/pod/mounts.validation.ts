/** Rules of volume mounts and devices of a container. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, notSupported, required, valueNotFound } from '#machinery/errors/field-errors.ts'
import type { Container, Volume, VolumeDevice, VolumeMount } from '../../gen/core-v1.ts'
import { validateLocalDescendingPath, validatePathNoBacksteps } from './paths.validation.ts'

type Volumes = ReadonlyMap<string, Volume>

export function validateVolumeMounts(container: Container, volumes: Volumes, path: string): FieldError[] {
  const devices = container.volumeDevices ?? []
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}[${index}]`
    const { name = '', mountPath = '' } = mount
    if (!name) errors.push(required(`${at}.name`))
    if (!volumes.has(name)) errors.push(valueNotFound(`${at}.name`, name))
    if (!mountPath) errors.push(required(`${at}.mountPath`))
    if (seen.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'))
    seen.add(mountPath)
    if (devices.some((device) => device.name === name)) {
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'))
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'))
    }
    errors.push(
      // Upstream's paths for these do not carry the index.
      ...validateSubPath(mount, path, at),
      ...validatePropagation(mount, container, `${path}.mountPropagation`),
      ...validateReadOnly(mount, path),
    )
  }
  return errors
}

function validateSubPath({ subPath, subPathExpr }: VolumeMount, path: string, indexed: string): FieldError[] {
  const errors = subPath ? validateLocalDescendingPath(subPath, `${path}.subPath`) : []
  if (!subPathExpr) return errors
  if (subPath) {
    errors.push(invalidValue(`${indexed}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
  }
  return [...errors, ...validateLocalDescendingPath(subPathExpr, `${path}.subPathExpr`)]
}

const propagations = ['Bidirectional', 'HostToContainer', 'None']

function validatePropagation(
  { mountPropagation }: VolumeMount, { securityContext }: Container, path: string,
): FieldError[] {
  if (mountPropagation === undefined) return []
  const errors = propagations.includes(mountPropagation) ? [] : [notSupported(path, mountPropagation, propagations)]
  if (mountPropagation === 'Bidirectional' && !securityContext?.privileged) {
    errors.push(forbiddenValue(path, 'Bidirectional mount propagation is available only to privileged containers'))
  }
  return errors
}

function validateReadOnly({ readOnly, recursiveReadOnly, mountPropagation }: VolumeMount, path: string): FieldError[] {
  switch (recursiveReadOnly) {
    case undefined:
    case 'Disabled':
      return []
    case 'Enabled':
    case 'IfPossible': {
      const errors = readOnly
        ? []
        : [forbiddenValue(`${path}.recursiveReadOnly`, 'may only be specified when readOnly is true')]
      if (mountPropagation !== undefined && mountPropagation !== 'None') {
        errors.push(
          forbiddenValue(
            `${path}.recursiveReadOnly`, 'may only be specified when mountPropagation is None or not specified',
          ),
        )
      }
      return errors
    }
    default:
      return [notSupported(`${path}.recursiveReadOnly`, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible'])]
  }
}

export function validateVolumeDevices(container: Container, volumes: Volumes, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [index, device] of (container.volumeDevices ?? []).entries()) {
    const at = `${path}[${index}]`
    const { name = '' } = device
    const volume = volumes.get(name)
    if (!name) errors.push(required(`${at}.name`))
    if (names.has(name)) errors.push(invalidValue(`${at}.name`, name, 'must be unique'))
    if (!volume) errors.push(valueNotFound(`${at}.name`, name))
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(invalidValue(`${at}.name`, name,
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'))
    }
    errors.push(...validateDevicePath(device, paths, container, at))
    if (name) names.add(name)
  }
  return errors
}

function validateDevicePath(
  { name = '', devicePath = '' }: VolumeDevice, seen: Set<string>, container: Container, path: string,
): FieldError[] {
  const errors: FieldError[] = []
  const field = `${path}.devicePath`
  if (!devicePath) errors.push(required(field))
  if (seen.has(devicePath)) errors.push(invalidValue(field, devicePath, 'must be unique'))
  if (devicePath && validatePathNoBacksteps(devicePath, field).length > 0) {
    errors.push(invalidValue(field, devicePath, "can not contain backsteps ('..')"))
  } else seen.add(devicePath)
  const mounts = container.volumeMounts ?? []
  if (mounts.some((mount) => mount.name === name)) {
    errors.push(invalidValue(`${path}.name`, name, 'must not already exist in volumeMounts'))
  }
  if (mounts.some((mount) => mount.mountPath === devicePath)) {
    errors.push(invalidValue(field, devicePath, 'must not already exist as a path in volumeMounts'))
  }
  return errors
}
