/** Rules of the annotations in which nodes of long ago told, as JSON, which pods they do not want. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import { JsonError, parseJsonExactly } from '#machinery/codec/json-parse.ts'
import type { Taint } from '../../gen/core-v1.ts'
import { cannotUnmarshal, readUntaggedList, type UntaggedFields } from '../untagged-json.ts'
import { validateTaints } from './taints.validation.ts'

const path = 'metadata.annotations'
const taints = 'scheduler.alpha.kubernetes.io/taints'
const preferAvoidPods = 'scheduler.alpha.kubernetes.io/preferAvoidPods'

const fieldsOfTaint: UntaggedFields = {
  key: ['key', 'string', 'Key of type string'],
  value: ['value', 'string', 'Value of type string'],
  effect: ['effect', 'string', 'Effect of type core.TaintEffect'],
}

export function validateNodeAnnotations(annotations: Readonly<Record<string, string>> = {}): FieldError[] {
  return [
    ...(annotations[taints] ? validateTaintsText(annotations[taints]) : []),
    ...(annotations[preferAvoidPods] ? validateAvoidedText(annotations[preferAvoidPods]) : []),
  ]
}

function validateTaintsText(text: string): FieldError[] {
  const told = readUntaggedList<Taint>(text, 'Taint', fieldsOfTaint)
  return typeof told === 'string' ? [invalidValue(path, taints, told)] : validateTaints(told, `${path}.${taints}`)
}

interface Avoided {
  readonly preferAvoidPods?: readonly { readonly podSignature?: { readonly podController?: Controller } }[]
}

interface Controller {
  readonly controller?: boolean
}

function validateAvoidedText(text: string): FieldError[] {
  const broken = (complaint: string): FieldError[] => [invalidValue(`${path}.AvoidPods`, preferAvoidPods, complaint)]
  let value: unknown
  try {
    ({ value } = parseJsonExactly(text))
  } catch (error) {
    if (error instanceof JsonError) return broken(error.message)
    throw error
  }
  if (typeof value !== 'object' || Array.isArray(value)) return broken(cannotUnmarshal(value, 'value of type v1.AvoidPods'))
  return ((value as Avoided | null)?.preferAvoidPods ?? []).flatMap(({ podSignature }, index) => {
    const at = `${path}.${preferAvoidPods}[${index}].PodSignature`
    const controller = podSignature?.podController
    if (!controller) return [required(at)]
    return controller.controller ? []
      : [invalidValue(`${at}.PodController.Controller`, false, 'must point to a controller')]
  })
}
