/** Rules of paths inside volumes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'

/** Relative, and never upward. */
export function validateLocalDescendingPath(target: string, path: string): FieldError[] {
  const errors = target.startsWith('/') ? [invalidValue(path, target, 'must be a relative path')] : []
  return [...errors, ...validatePathNoBacksteps(target, path)]
}

export function validatePathNoBacksteps(target: string, path: string): FieldError[] {
  return target.split('/').includes('..') ? [invalidValue(path, target, "must not contain '..'")] : []
}

/** Also not beginning with two dots: the kubelet keeps its own files under such names. */
export function validateLocalNonReservedPath(target: string, path: string): FieldError[] {
  const errors = validateLocalDescendingPath(target, path)
  if (target.startsWith('..') && !target.startsWith('../')) {
    errors.push(invalidValue(path, target, "must not start with '..'"))
  }
  return errors
}

/** Permission bits of a file. */
export function validateFileMode(mode: number | undefined, path: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')] : []
}
