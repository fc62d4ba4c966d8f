/** Namespace: where namespaced objects live. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind, type PrepareContext } from '#machinery/schema/define-kind.ts'
import type { Namespace } from '../../gen/core-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { keep } from '../../strategy.ts'
import { validateNamespace, validateNamespaceFinalize, validateNamespaceStatusUpdate } from './namespace.validation.ts'

/** The finalizer in `spec` that makes the namespace controller delete the content first. */
const kubernetesFinalizer = 'kubernetes'

export const namespace = defineKind<Namespace>({
  group: '', kind: 'Namespace', plural: 'namespaces', shortNames: ['ns'], scope: 'Cluster', nameRule: 'dns1123Label',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.Namespace', served: true, stored: true }],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  setDefaults,
  prepareForCreate,
  prepareForUpdate,
  validate: validateNamespace,
  validateStatusUpdate: validateNamespaceStatusUpdate,
  subresources: {
    status: true, keptByStatus: [],
    others: [{ name: 'finalize', verbs: ['update'], validateUpdate: validateNamespaceFinalize }],
  },
  selectableFields: (object) => ({ 'status.phase': object.status?.phase ?? '', name: object.metadata.name }),
  columns: [
    nameColumn(),
    text('Status', 'The status of the namespace', (object) => object.status?.phase ?? ''),
    ageColumn(),
  ],
})

/** Every namespace carries its own name as a label, so selectors can name it. */
function setDefaults(object: Namespace): void {
  const name = object.metadata?.name
  if (!name) return
  object.metadata!.labels = { ...object.metadata!.labels, 'kubernetes.io/metadata.name': name }
}

function prepareForCreate(object: Namespace): void {
  object.status = { phase: 'Active' }
  const finalizers = object.spec?.finalizers ?? []
  if (!finalizers.includes(kubernetesFinalizer)) object.spec = {
    ...object.spec, finalizers: [...finalizers, kubernetesFinalizer],
  }
}

/** Only the finalize subresource changes `spec.finalizers`, and it changes nothing else. */
function prepareForUpdate(object: Namespace, old: Stored<Namespace>, context: PrepareContext): void {
  if (context.subresource === 'finalize') keep(object, old, 'status')
  else keep(object, old, 'spec')
  if (context.subresource === '') keep(object, old, 'status')
}
