/** MutatingWebhookConfiguration: webhooks that may change objects before they are stored. */
import { semanticEqual } from '#base/deep-equal.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { MutatingWebhookConfiguration } from '../../gen/admissionregistration-v1.ts'
import { ageColumn, integer, nameColumn } from '../../printing/columns.ts'
import { reservedNameWarnings } from '../reserved-names.ts'
import { setWebhookDefaults } from '../webhook-defaults.ts'
import { validateNewWebhooks, validateWebhooksUpdate } from '../webhooks.validation.ts'

export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io', kind: 'MutatingWebhookConfiguration', plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'], scope: 'Cluster', unconditionalUpdate: false,
  versions: [
    {
      version: 'v1',
      schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
      served: true,
      stored: true,
    },
  ],
  setDefaults: (object) => {
    setWebhookDefaults(object)
    for (const webhook of object.webhooks ?? []) webhook.reinvocationPolicy ??= 'Never'
  },
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
