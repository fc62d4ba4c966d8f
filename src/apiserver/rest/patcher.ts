/** The two patch dialects that need to know the kind's fields: strategic merge and server-side apply. */
import { unsupportedMediaType } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { JsonObject } from '#machinery/patch/json.ts'
import { applyStrategicMergePatch } from '#machinery/patch/strategic-merge-patch.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'

export interface Patcher {
  /** Whether the schema is a built-in one; only such kinds have a strategic merge. */
  knowsFields(schema: string): boolean
  /** Neither argument is changed. */
  strategic(current: JsonObject, patch: unknown, schema: string): JsonObject
  /** The object with the applied configuration merged in and managedFields brought up to date. Throws ApiError 409 for conflicts. */
  apply(existing: Stored<KubeObject> | undefined, configuration: unknown, request: ApplyRequest): KubeObject
}

export interface ApplyRequest {
  readonly schema: string
  readonly kind: string
  readonly apiVersion: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly manager: string
  /** Take fields over from their owners instead of failing. */
  readonly force: boolean
  readonly now: number
}

export function createPatcher(schemas: SchemaTable): Patcher {
  return {
    knowsFields: (schema) => schemas.has(schema),
    strategic: (current, patch, schema) => applyStrategicMergePatch(current, patch, schemas.has(schema) ? schemas.struct(schema) : undefined),
    apply() {
      throw unsupportedMediaType('apply')
    },
  }
}
