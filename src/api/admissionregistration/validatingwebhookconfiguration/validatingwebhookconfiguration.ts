/** ValidatingWebhookConfiguration: webhooks that have a say on objects before they are stored. */
import { semanticEqual } from '#base/deep-equal.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ValidatingWebhookConfiguration } from '../../gen/admissionregistration-v1.ts'
import { ageColumn, integer, nameColumn } from '../../printing/columns.ts'
import { reservedNameWarnings } from '../reserved-names.ts'
import { setWebhookDefaults } from '../webhook-defaults.ts'
import { validateNewWebhooks, validateWebhooksUpdate } from '../webhooks.validation.ts'

export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'], scope: 'Cluster', unconditionalUpdate: false,
  versions: [
    {
      version: 'v1',
      schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
      served: true,
      stored: true,
    },
  ],
  setDefaults: setWebhookDefaults,
  validateCreate: validateNewWebhooks,
  validateUpdate: validateWebhooksUpdate,
  warnings: reservedNameWarnings,
  generation: (object, old) => !semanticEqual(object.webhooks, old.webhooks),
  columns: [
    nameColumn(),
    integer(
      'Webhooks',
      'Webhooks indicates the number of webhooks registered in this configuration',
      (object) => object.webhooks?.length ?? 0,
    ),
    ageColumn(),
  ],
})
