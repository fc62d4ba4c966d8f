/** Table: ValidatingWebhookConfigurations in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { validatingWebhookConfiguration } from './validatingwebhookconfiguration.ts'

function own(webhook: object = {}): object {
  return { metadata: { name: 'a' }, webhooks: [{
    name: 'a.b.c',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    clientConfig: { service: { name: 's', namespace: 'n' } },
    rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }], ...webhook,
  }] }
}

const rows: readonly Row[] = [
  {
    it: 'fails closed, for equivalent requests, within ten seconds',
    object: own(),
    holds: {
      'webhooks.0.failurePolicy': 'Fail',
      'webhooks.0.matchPolicy': 'Equivalent',
      'webhooks.0.timeoutSeconds': 10,
      'webhooks.0.namespaceSelector': {},
      'webhooks.0.objectSelector': {},
      'webhooks.0.rules.0.scope': '*',
      'webhooks.0.clientConfig.service.port': 443,
    },
  },
  {
    it: 'has a name with a domain',
    object: own({ name: 'a.b' }),
    errors: [
      'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
    ],
  },
  {
    it: 'has no side effects that count',
    object: own({ sideEffects: 'Some' }),
    errors: ['webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
  },
  {
    it: 'is called in one way',
    object: own({ clientConfig: {} }),
    errors: ['webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
  },
  {
    it: 'is called safely',
    object: own({ clientConfig: { url: 'http://a/b' } }),
    errors: [
      'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
    ],
  },
  {
    it: 'speaks a known version',
    object: own({ admissionReviewVersions: ['v2'] }),
    errors: ['webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1'],
  },
  {
    it: 'is about everything or about something',
    object: own({
      rules: [
        { operations: ['*', 'CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/*', 'pods/status'] },
      ],
    }),
    errors: [
      'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
      'webhooks[0].rules[0].resources[1]: Invalid value: "pods/status": if \'pods/*\' is present, must not specify pods/status',
    ],
  },
  {
    it: 'may name a whole beside its parts, and what comes before a star',
    object: own({
      rules: [
        { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/*', 'pods'] },
        { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods', '*'] },
      ],
    }),
  },
  {
    it: 'tells versions after everything else, a repeated one once',
    object: own({ admissionReviewVersions: ['V1', 'V1', 'v1'], clientConfig: {} }),
    errors: [
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
      'webhooks[0].admissionReviewVersions[0]: Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters '
      + "or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
      + "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      'webhooks[0].admissionReviewVersions[1]: Invalid value: "V1": duplicate version',
    ],
  },
  {
    it: 'keeps what was allowed once',
    old: own({ sideEffects: 'Some', admissionReviewVersions: ['v2'], matchConditions: [{ name: 'a', expression: '(' }] }),
    object: own({
      sideEffects: 'Unknown', admissionReviewVersions: ['v3'], matchConditions: [{ name: 'a', expression: '(' }],
    }),
  },
]

for (const row of rows) {
  test(row.it, () => assert.deepEqual(outcomeOf(validatingWebhookConfiguration, row), expectedOf(row)))
}
