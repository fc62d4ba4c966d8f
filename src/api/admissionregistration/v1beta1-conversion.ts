/** admissionregistration.k8s.io/v1beta1 ⇄ v1 webhooks: the same fields, with other defaults. */
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type { ValidatingWebhookConfiguration } from '../gen/admissionregistration-v1beta1.ts'

export const webhookConfigurationConversion: Conversion = {
  toStored: (object) => {
    const { webhooks, ...rest } = object as ValidatingWebhookConfiguration
    const filled = webhooks?.map((webhook) => ({
      ...webhook,
      failurePolicy: webhook.failurePolicy ?? 'Ignore', matchPolicy: webhook.matchPolicy ?? 'Exact',
      sideEffects: webhook.sideEffects ?? 'Unknown', timeoutSeconds: webhook.timeoutSeconds ?? 30,
      admissionReviewVersions: webhook.admissionReviewVersions?.length ? webhook.admissionReviewVersions : ['v1beta1'],
    }))
    return { ...rest, ...(filled && { webhooks: filled }) }
  },
  fromStored: (object) => object,
}
