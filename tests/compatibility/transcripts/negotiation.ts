/** Which form a client asks for and sends, in every wrong way, and methods that nobody has. */
import { definitionsPath, dialects, get, send, type Scenario, type Step } from './scenario.ts'

const group = 'forms.transcripts.example.com'
const name = `forms.${group}`
const typed = `${definitionsPath}/${name}`
const typedList = `${definitionsPath}?fieldSelector=metadata.name%3D${name}`
const things = `/apis/${group}/v1/namespaces/default/forms`
const thing = `${things}/a`

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name },
  spec: {
    group, scope: 'Namespaced', names: { plural: 'forms', kind: 'Form' },
    versions: [{
      name: 'v1', served: true, storage: true,
      schema: {
        openAPIV3Schema: {
          type: 'object', properties: { spec: { type: 'object', properties: { n: { type: 'integer' } } } },
        },
      },
    }],
  },
}
const form = (own: string): object => ({ apiVersion: `${group}/v1`, kind: 'Form', metadata: { name: own }, spec: { n: 1 } })

const accepted: readonly string[] = [
  'application/json;strict', 'application/json;pretty=1', 'application/json; pretty=1', 'application/json;pretty="1"',
  'application/json;charset=utf-8', 'application/json;charset=nope', 'APPLICATION/JSON', 'application/JSON',
  'application/*',
  'application', '*', '*/*;q=0', 'application/json;q=0', 'application/json;q=x', '*/json', 'text/*',
  'application/json/x',
  'application/json;stream=watch', 'application/json;stream=nope', 'application/json;stream=',
  'application/json;sv=v1', 'application/json;sv=', 'application/json;export=1',
  'application/yaml;q=0.5,application/json;q=0.4', 'application/json;q=0.4,application/yaml;q=0.5',
  'application/xml,application/yaml', 'application/xml;q=0.9,*/*;q=0.8', '*/*,application/yaml',
  'application/*,application/yaml',
  'application/yaml, */*', ' application/yaml ', ',application/yaml', 'application/yaml,', ',', ';',
  'application/json;as=Table', 'application/json;as=Table;v=v1', 'application/json;as=Table;g=meta.k8s.io',
  'application/json;g=meta.k8s.io', 'application/json;v=v1', 'application/json;as=', 'application/json;v=;g=;as=',
  'application/json;as=Table;v=v2;g=meta.k8s.io', 'application/json;as=Table;v=v1;g=Meta.k8s.io',
  'application/json;as=table;v=v1;g=meta.k8s.io', 'application/json;AS=Table;v=v1;g=meta.k8s.io',
  'application/json; as=Table; v=v1; g=meta.k8s.io', 'application/json;as="Table";v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1;g=meta.k8s.io;pretty=1', 'application/json;as=Table;as=Nope;v=v1;g=meta.k8s.io',
  '*/*;as=Table;v=v1;g=meta.k8s.io', 'application/*;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/yaml;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/yaml;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1beta1;g=meta.k8s.io',
  'application/json;as=Nope;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=APIResourceList;v=v1;g=', 'application/json;as==Table;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io', 'application/cbor',
  'application/cbor,application/json',
]

const sent: readonly string[] = [
  'application/json;strict', 'application/json; charset=utf-8', 'application/json;charset=nope', 'application/json;',
  'application/json;;',
  'application/json ; charset="utf-8"', 'APPLICATION/JSON', 'application/json, application/yaml', 'application/*',
  '*/*',
  'application', 'application/', '/json', 'application/json/x', 'application/json;charset=a;charset=b',
  'application/json;charset=a;charset=a',
  'application/json;charset="utf-8', 'application/json;=x', 'application/json; a b=c', 'text/json',
  'application/strategic-merge-patch+json',
  'application/merge-patch+json', ' application/json', 'application/x-www-form-urlencoded',
]

const patched: readonly string[] = [
  ...Object.values(dialects).map((dialect) => `${dialect};charset=utf-8`), `${dialects.merge};strict`,
  `${dialects.merge.toUpperCase()}`,
  'application/merge-patch+json, application/json', 'application/json', 'text/plain', 'application/apply-patch+json',
  'application/apply-patch+cbor', 'application/merge-patch', '*/*',
]

const methods: readonly Step[] = ['TRACE', 'PROPFIND', 'LINK', 'OPTIONS'].flatMap((method) => [
  send(`${method} of the version`, method, '/version'), send(`${method} of definitions`, method, definitionsPath),
  send(`${method} of a definition`, method, typed), send(`${method} of a status`, method, `${typed}/status`),
  send(`${method} of a group's version`, method, '/apis/apiextensions.k8s.io/v1'),
])

const withoutMethod: readonly Step[] = ['POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => [
  send(`${method} of the version`, method, '/version'), send(`${method} below the version`, method, '/version/x'),
  send(`${method} of a group's version`, method, '/apis/apiextensions.k8s.io/v1'),
  send(`${method} of a group's other version`, method, '/apis/apiextensions.k8s.io/v9'),
  send(`${method} of a custom group`, method, `/apis/${group}`),
  send(`${method} of a custom version`, method, `/apis/${group}/v1`),
])

const paths: readonly Step[] = [
  '/version/x', '/apis/apiextensions.k8s.io/v9', '/apis/apiextensions.k8s.io/v9/x',
  '/apis/apiextensions.k8s.io/v1/x/y/z/a/b',
  '/apis/apiextensions.k8s.io/v1/watch', '/apis/apiextensions.k8s.io/v1/proxy',
  '/apis/apiextensions.k8s.io/v1/watch/nope',
  '/apis/apiextensions.k8s.io/v1/proxy/customresourcedefinitions',
  `/apis/apiextensions.k8s.io/v1/watch/customresourcedefinitions/${name}/status`,
  `/apis/${group}/v9`, `/apis/${group}/v9/x`, `/apis/${group}/v1/x`, `/apis/${group}/v1/watch`,
  `/apis/${group}/v1/namespaces/default/x`,
  `${things}?limit=%zz`, `${things}?limit=1;x=2`, `${things}?limit=1&limit=x`, `${things}?%zz=1`, `${things}?limit=`,
  `${things}?pretty=%`, `/apis/${group}/v1/namespaces/default`, `/apis/${group}/v1/namespaces/default/status`,
].map((path) => get(`GET ${path.replace(group, 'GROUP')}`, path))

const steps: readonly Step[] = [
  send('one to read', 'POST', things, form('a')),
  ...accepted.flatMap((accept) => [
    get(`one as ${accept}`, thing, accept), get(`a typed one as ${accept}`, typed, accept),
    get(`a list as ${accept}`, things, accept), get(`a typed list as ${accept}`, typedList, accept),
    get(`what is not there as ${accept}`, `${things}/none`, accept),
    get(`a version as ${accept}`, '/apis/apiextensions.k8s.io/v1', accept),
  ]),
  ...sent.flatMap((type) => [
    send(`a body as ${type}`, 'POST', `${things}?dryRun=All`, form('b'), type),
    send(`a typed body as ${type}`, 'POST', `${definitionsPath}?dryRun=All`, definition, type),
    send(`a deletion as ${type}`, 'DELETE', `${thing}?dryRun=All`, '{"dryRun":["All"]}', type),
  ]),
  ...patched.flatMap((type) => [
    send(`a patch as ${type}`, 'PATCH', `${thing}?dryRun=All`, '{}', type),
    send(`a typed patch as ${type}`, 'PATCH', `${typed}?dryRun=All`, '{}', type),
  ]),
  // Not of a group: kube-apiserver's aggregator answers for it.
  ...methods, ...withoutMethod, ...paths,
]

export const negotiation: Scenario = { name: 'negotiation', definition, steps }
