/** ControllerRevision: an earlier state of a StatefulSet or DaemonSet, kept for rolling back. */
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ControllerRevision } from '../../gen/apps-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { validateControllerRevisionUpdate, validateNewControllerRevision } from './controllerrevision.validation.ts'

export const controllerRevision = defineKind<ControllerRevision>({
  group: 'apps', kind: 'ControllerRevision', plural: 'controllerrevisions', scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.apps.v1.ControllerRevision', served: true, stored: true }],
  validateCreate: validateNewControllerRevision,
  validateUpdate: validateControllerRevisionUpdate,
  columns: [
    nameColumn(),
    text('Controller', 'Controller of the object', formatController),
    text('Revision', 'Number of the revision', (object) => object.revision),
    ageColumn(),
  ],
})

/** `daemonset.apps/fluentd`. */
function formatController(object: Stored<ControllerRevision>): string {
  const owner = controllerOf(object)
  if (!owner) return '<none>'
  const group = parseApiVersion(owner.apiVersion)?.group ?? ''
  return `${owner.kind}${group === '' ? '' : `.${group}`}`.toLowerCase() + `/${owner.name}`
}
