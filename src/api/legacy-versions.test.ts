/** Table: an object in an old version → the same as it is stored → as the old version shows it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { KindVersion } from '#machinery/schema/define-kind.ts'
import { parseRuntimeConfig } from './runtime-config.ts'
import { servedKinds } from './served-kinds.ts'

interface Case {
  readonly name: string
  readonly version: string
  readonly old: object
  readonly stored: object
  /** How the old version shows it; default: as it was given. */
  readonly shown?: object
}

const served = servedKinds(parseRuntimeConfig('api/all=true,api/legacy=true'))
const cpu = { name: 'cpu', targetAverageUtilization: 80 }
const cpuInV2 = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } }
const names = { plural: 'widgets', kind: 'Widget' }
/** CN=system:node:a, O=system:nodes, of an elliptic curve. */
const kubeletRequest =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIcE1JR1JBZ0VBTUM4eEZUQVRCZ05WQkFvTURITjVjM1JsYlRw'
  + 'dWIyUmxjekVXTUJRR0ExVUVBd3dOYzNsegpkR1Z0T201dlpHVTZZVEJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEEwSUFC'
  + 'RVQ0WU1LM2gvZmNHQTBLCk9jRGFRVCtQazBrS3VDSTFHc2t4eng4dUdaOENmdGtmUi9YVWRBUkJnQnQ1SkcrWFRxQTlJTDlDQkZB'
  + 'QURtSysKYWJYNWFoQ2dBREFLQmdncWhrak9QUVFEQWdOSEFEQkVBaUJEUHA5UEFndFBKVDZxV1RxVkR2UGlNWjVWeTljTQpBM2Jx'
  + 'L3FzZnduSUpYQUlnVjlYSmJVLzhDQlB6WHUyQmdVa1hud2xCQWZjbXAyU21OTy9qV0d6TkJqZz0KLS0tLS1FTkQgQ0VSVElGSUNB'
  + 'VEUgUkVRVUVTVC0tLS0tCg=='
const unpruned = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }

const table: readonly Case[] = [
  {
    name: 'PodDisruptionBudget', version: 'policy/v1beta1', old: { spec: { selector: {} } },
    stored: {
      spec: {
        selector: {
          matchExpressions: [{ key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator: 'Exists' }],
        },
      },
    },
  },
  {
    name: 'PodDisruptionBudget', version: 'policy/v1beta1', stored: { spec: { selector: {} } },
    old: {
      spec: {
        selector: {
          matchExpressions: [
            { key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator: 'DoesNotExist' },
          ],
        },
      },
    },
  },
  {
    name: 'PodDisruptionBudget', version: 'policy/v1beta1', old: { spec: { selector: { matchLabels: { app: 'a' } } } },
    stored: { spec: { selector: { matchLabels: { app: 'a' } } } },
  },
  {
    name: 'EndpointSlice', version: 'discovery.k8s.io/v1beta1',
    old: {
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          topology: { 'topology.kubernetes.io/zone': 'z', 'kubernetes.io/hostname': 'n', rack: 'r' },
        },
      ],
    },
    stored: { endpoints: [{ addresses: ['10.0.0.1'], deprecatedTopology: { rack: 'r' }, nodeName: 'n', zone: 'z' }] },
    shown: {
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          nodeName: 'n',
          topology: { rack: 'r', 'topology.kubernetes.io/zone': 'z', 'kubernetes.io/hostname': 'n' },
        },
      ],
    },
  },
  {
    name: 'Ingress', version: 'networking.k8s.io/v1beta1',
    old: {
      spec: {
        backend: { serviceName: 's', servicePort: 'http' },
        rules: [{ host: 'h', http: { paths: [{ path: '/', backend: { serviceName: 's', servicePort: 80 } }] } }],
      },
    },
    stored: {
      spec: {
        defaultBackend: { service: { name: 's', port: { name: 'http' } } },
        rules: [
          {
            host: 'h',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'ImplementationSpecific',
                  backend: { service: { name: 's', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
    shown: {
      spec: {
        backend: { serviceName: 's', servicePort: 'http' },
        rules: [
          {
            host: 'h',
            http: {
              paths: [
                { path: '/', pathType: 'ImplementationSpecific', backend: { serviceName: 's', servicePort: 80 } },
              ],
            },
          },
        ],
      },
    },
  },
  {
    name: 'HorizontalPodAutoscaler', version: 'autoscaling/v2beta1',
    old: {
      metadata: {
        annotations: {
          'autoscaling.alpha.kubernetes.io/behavior': '{"scaleDown":{"stabilizationWindowSeconds":5}}',
          other: 'stays',
        },
      },
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'd' }, maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: cpu },
          { type: 'ContainerResource', containerResource: { ...cpu, container: 'c' } },
          { type: 'Pods', pods: { metricName: 'm', targetAverageValue: '5', selector: { matchLabels: { a: 'b' } } } },
          { type: 'Object', object: { target: { kind: 'Service', name: 's' }, metricName: 'm', targetValue: '7' } },
          { type: 'External', external: { metricName: 'm', targetAverageValue: '9' } },
        ],
      },
      status: {
        currentReplicas: 1,
        desiredReplicas: 1,
        conditions: [],
        currentMetrics: [
          { type: 'Resource', resource: { name: 'cpu', currentAverageUtilization: 3, currentAverageValue: '1' } },
        ],
      },
    },
    stored: {
      metadata: { annotations: { other: 'stays' } },
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'd' }, maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: cpuInV2 },
          { type: 'ContainerResource', containerResource: { ...cpuInV2, container: 'c' } },
          {
            type: 'Pods',
            pods: {
              metric: { name: 'm', selector: { matchLabels: { a: 'b' } } },
              target: { type: 'AverageValue', averageValue: '5' },
            },
          },
          {
            type: 'Object',
            object: {
              describedObject: { kind: 'Service', name: 's' },
              metric: { name: 'm' },
              target: { type: 'Value', value: '7' },
            },
          },
          {
            type: 'External',
            external: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '9' } },
          },
        ],
        behavior: { scaleDown: { stabilizationWindowSeconds: 5 } },
      },
      status: {
        currentReplicas: 1,
        desiredReplicas: 1,
        conditions: [],
        currentMetrics: [
          { type: 'Resource', resource: { name: 'cpu', current: { averageValue: '1', averageUtilization: 3 } } },
        ],
      },
    },
  },
  {
    name: 'CustomResourceDefinition', version: 'apiextensions.k8s.io/v1beta1',
    old: {
      spec: {
        group: 'example.com',
        version: 'v1',
        names,
        scope: 'Namespaced',
        additionalPrinterColumns: [{ name: 'A', type: 'string', JSONPath: '.a' }],
      },
    },
    stored: {
      spec: {
        group: 'example.com', names, scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.a' }],
            schema: unpruned,
          },
        ],
      },
    },
    shown: {
      spec: {
        group: 'example.com', names, scope: 'Namespaced', version: 'v1', validation: unpruned,
        additionalPrinterColumns: [{ name: 'A', type: 'string', JSONPath: '.a' }],
        versions: [{ name: 'v1', served: true, storage: true }], preserveUnknownFields: false,
      },
    },
  },
  {
    name: 'ValidatingWebhookConfiguration', version: 'admissionregistration.k8s.io/v1beta1',
    old: { webhooks: [{ name: 'a.example.com', clientConfig: { url: 'https://a' }, sideEffects: 'None' }] },
    stored: {
      webhooks: [
        {
          name: 'a.example.com',
          clientConfig: { url: 'https://a' },
          sideEffects: 'None',
          failurePolicy: 'Ignore',
          matchPolicy: 'Exact',
          timeoutSeconds: 30,
          admissionReviewVersions: ['v1beta1'],
        },
      ],
    },
    shown: {
      webhooks: [
        {
          name: 'a.example.com',
          clientConfig: { url: 'https://a' },
          sideEffects: 'None',
          failurePolicy: 'Ignore',
          matchPolicy: 'Exact',
          timeoutSeconds: 30,
          admissionReviewVersions: ['v1beta1'],
        },
      ],
    },
  },
  {
    name: 'PriorityLevelConfiguration', version: 'flowcontrol.apiserver.k8s.io/v1beta2',
    old: { spec: { type: 'Limited', limited: { assuredConcurrencyShares: 5 } } },
    stored: { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5 } } },
  },
  {
    name: 'PriorityLevelConfiguration', version: 'flowcontrol.apiserver.k8s.io/v1beta3',
    old: { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 0 } } },
    stored: { spec: { type: 'Limited', limited: {} } }, shown: { spec: { type: 'Limited', limited: {} } },
  },
  {
    name: 'SubjectAccessReview', version: 'authorization.k8s.io/v1beta1', old: { spec: { user: 'u', group: ['g'] } },
    stored: { spec: { user: 'u', groups: ['g'] } },
  },
  {
    name: 'CertificateSigningRequest', version: 'certificates.k8s.io/v1beta1',
    old: { spec: { request: 'bm9uZQ==' }, status: { conditions: [{ type: 'Approved' }] } },
    stored: {
      spec: {
        request: 'bm9uZQ==', usages: ['digital signature', 'key encipherment'], signerName: 'kubernetes.io/legacy-unknown',
      },
      status: { conditions: [{ type: 'Approved', status: 'True' }] },
    },
    shown: {
      spec: {
        request: 'bm9uZQ==', usages: ['digital signature', 'key encipherment'], signerName: 'kubernetes.io/legacy-unknown',
      },
      status: { conditions: [{ type: 'Approved', status: 'True' }] },
    },
  },
  {
    name: 'CertificateSigningRequest', version: 'certificates.k8s.io/v1beta1',
    old: { spec: { request: kubeletRequest, usages: ['digital signature', 'client auth'] } },
    stored: {
      spec: {
        request: kubeletRequest, usages: ['digital signature', 'client auth'],
        signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      },
    },
    shown: {
      spec: {
        request: kubeletRequest, usages: ['digital signature', 'client auth'],
        signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      },
    },
  },
  {
    name: 'ResourceClaim', version: 'resource.k8s.io/v1beta1',
    old: {
      spec: {
        devices: {
          requests: [
            { name: 'a', deviceClassName: 'c', count: 2 },
            { name: 'b', firstAvailable: [{ name: 'x', deviceClassName: 'c' }] },
          ],
        },
      },
    },
    stored: {
      spec: {
        devices: {
          requests: [
            { name: 'a', exactly: { deviceClassName: 'c', count: 2 } },
            { name: 'b', firstAvailable: [{ name: 'x', deviceClassName: 'c' }] },
          ],
        },
      },
    },
  },
  {
    name: 'ResourceSlice', version: 'resource.k8s.io/v1beta1',
    old: { spec: { driver: 'd', devices: [{ name: 'a', basic: { attributes: { x: { int: 1 } } } }] } },
    stored: { spec: { driver: 'd', devices: [{ name: 'a', attributes: { x: { int: 1 } } }] } },
  },
]

for (const { name, version, old, stored, shown = old } of table) {
  test(`stores what ${version} says of a ${name}, and shows it again: ${JSON.stringify(old).slice(0, 60)}`, () => {
    const [group, short] = version.split('/')
    const found = served
      .find((kind) => kind.group === group && kind.kind === name)
      ?.versions.find((each): each is KindVersion => each.version === short)
    assert.ok(found?.conversion)
    const given = { metadata: { name: 'a' }, ...old } as KubeObject
    const hub = found.conversion.toStored(given)
    assert.deepEqual(hub, { metadata: { name: 'a' }, ...stored })
    assert.deepEqual(found.conversion.fromStored(hub), { metadata: { name: 'a' }, ...shown })
  })
}

test("says what is deprecated in upstream's words", () => {
  const messages = served.flatMap(({ versions }) => versions.flatMap(({ deprecation }) => deprecation?.message ?? []))
  assert.ok(
    messages.includes(
      'policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget',
    ),
  )
  assert.ok(messages.includes('events.k8s.io/v1beta1 Event is deprecated in v1.22+, unavailable in v1.25+'))
  assert.ok(!messages.some((message) => message.includes('/v1 ') && message.indexOf('/v1 ') < message.indexOf(' is ')))
})
