/** Secret: like a ConfigMap, for data that few may read. */
import { base64Encode, utf8Encode } from '#base/bytes.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Secret } from '../../gen/core-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { validateSecret, validateSecretUpdate } from './secret.validation.ts'

export const secret = defineKind<Secret>({
  group: '', kind: 'Secret', plural: 'secrets', scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.Secret', served: true, stored: true }],
  setDefaults,
  prepareForUpdate: (object, old) => { object.type ||= old.type ?? '' },
  validateCreate: validateSecret,
  validateUpdate: validateSecretUpdate,
  selectableFields: (object) => ({ type: object.type ?? '' }),
  columns: [
    nameColumn(),
    text('Type', 'What the secret is for', (object) => object.type ?? ''),
    text('Data', 'Number of keys', (object) => Object.keys(object.data ?? {}).length),
    ageColumn(),
  ],
})

/** `stringData` is only for writing: it is merged into `data` and never stored. */
function setDefaults(object: Secret): void {
  for (const [key, value] of Object.entries(object.stringData ?? {})) {
    object.data = { ...object.data, [key]: base64Encode(utf8Encode(value)) }
  }
  delete object.stringData
  object.type ||= 'Opaque'
}
