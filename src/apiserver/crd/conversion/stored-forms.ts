/**
 * From what lies in the store to a version of a definition, and back. As upstream: what is read is pruned and defaulted
 * by the schema of the version that it was stored in, then converted, and pruned (not defaulted) by the schema of the
 * version that is asked for.
 */
import { deepEqual } from '#base/deep-equal.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import type { Conversion, RemoteForms } from '#machinery/schema/define-kind.ts'
import { unknownFailure } from '../../rest/unknown-failure.ts'
import { applyDefaults } from '../shape-object.ts'
import type { VersionForm } from '../version-form.ts'
import type { ConvertObjects } from './webhook-converter.ts'

/** The versions that there are, in the order of the definition, and the one that objects are stored as. */
export interface FormsOfDefinition {
  readonly all: readonly VersionForm[]
  readonly storage: VersionForm
}

/** For strategy None: nothing changes but `apiVersion`, and what the other version's schema does not know. */
export function plainForms(form: VersionForm, forms: FormsOfDefinition): Required<StalenessAware> {
  return {
    toStored: (object) => (form === forms.storage ? object : renamed(cloneJson(object), forms.storage)),
    fromStored: (stored) => {
      const { object } = asWritten(stored, forms)
      return object.apiVersion === form.apiVersion ? object : renamed(object, form)
    },
    isStale: (stored) => isStale(stored, asWritten(stored, forms).object, forms),
  }
}

interface StalenessAware extends Conversion {
  readonly isStale?: (stored: KubeObject) => boolean
}

/** For strategy Webhook. */
export function webhookForms(form: VersionForm, forms: FormsOfDefinition, convert: ConvertObjects): RemoteForms {
  const into = async (
    target: VersionForm, objects: readonly KubeObject[], signal: AbortSignal,
  ): Promise<readonly KubeObject[]> => {
    const foreign = objects.filter(({ apiVersion }) => apiVersion !== target.apiVersion)
    if (foreign.length === 0) return objects
    const converted = await convert(foreign.map(withoutVersion), target.apiVersion, signal)
    const byOriginal = new Map(foreign.map((object, index) => [object, converted[index]!]))
    return objects.map((object) => {
      const found = byOriginal.get(object)
      if (!found) return object
      target.shape(found as Record<string, unknown>)
      return found
    })
  }
  return {
    toStored: async (object, signal) => (await into(forms.storage, [object], signal))[0]!,
    async fromStored(objects, signal) {
      const written = objects.map((object) => asWritten(object, forms).object)
      const stale = objects.map((object, index) => isStale(object, written[index]!, forms))
      const own = await into(form, written, signal)
      return own.map((object, index) => ({ object, isStale: stale[index]! }))
    },
  }
}

/** A copy of what is stored, pruned and defaulted by its own version. Throws ApiError 500 for one that is gone. */
function asWritten(stored: KubeObject, { all }: FormsOfDefinition): { readonly object: KubeObject } {
  const form = all.find(({ apiVersion }) => apiVersion === stored.apiVersion)
  if (!form) {
    throw unknownFailure(`request to convert CR from an invalid group/version: ${stored.apiVersion ?? ''}`)
  }
  const object = cloneJson(stored)
  form.shape(object as Record<string, unknown>)
  applyDefaults(object, form.structural)
  return { object }
}

function isStale(stored: KubeObject, written: KubeObject, { storage }: FormsOfDefinition): boolean {
  return stored.apiVersion !== storage.apiVersion || !deepEqual(stored, written)
}

function renamed(object: KubeObject, form: VersionForm): KubeObject {
  const own = { ...object, apiVersion: form.apiVersion }
  form.shape(own)
  return own
}

/** As it lies in the store: which version of the store that is, no webhook is told. */
function withoutVersion(object: KubeObject): KubeObject {
  if (object.metadata?.resourceVersion === undefined) return object
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata } as KubeObject
}
