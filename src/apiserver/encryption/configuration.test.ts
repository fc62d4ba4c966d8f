/** EncryptionConfiguration: what is read, what is filled in, and what is refused with which words. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigurationError } from '../configuration-file.ts'
import { parseEncryptionConfiguration } from './configuration.ts'

const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n'
const key16 = 'c2VjcmV0IGlzIHNlY3VyZQ=='
const key32 = 'c2VjcmV0IGlzIHNlY3VyZSwgSSB0aGluay4uLi4uLi4='
const parse = (text: string, isReloaded = false): unknown =>
  parseEncryptionConfiguration(new TextEncoder().encode(text), 'conf.yaml', isReloaded)
const onSecrets = (providers: string): string => `${head}- resources: [secrets]\n  providers: ${providers}\n`
const kms = (fields: string): string => onSecrets(`[{kms: {apiVersion: v2, name: one, endpoint: "unix:///x", ${fields}}}]`)
const path = 'resources[0].providers[0]'

const refusals: readonly (readonly [name: string, text: string, message: string])[] = [
  ['an empty file', '', 'error while loading file: encryption provider configuration file "conf.yaml" is empty'],
  ['another kind', `${head.replace('EncryptionC', 'C')}  []`,
    'error decoding encryption provider configuration file "conf.yaml": no kind "Configuration" is registered for '
      + 'version "apiserver.config.k8s.io/v1"'],
  ['a field that is not one', onSecrets(`[{aesgcm: {keys: [{name: a, secret: "${key16}", pandas: 1}]}}]`),
    'error decoding encryption provider configuration file "conf.yaml": strict decoding error: unknown field '
      + `"${path}.aesgcm.keys[0].pandas"`],
  ['no resources', `${head}  []`, 'resources: Required value: at least one resources is required'],
  ['no providers', onSecrets('[]'),
    'resources[0].providers: Required value: at least one resources[0].providers is required'],
  ['an element without a provider', onSecrets('[{}]'),
    `${path}: Invalid value: {"AESGCM":null,"AESCBC":null,"Secretbox":null,"Identity":null,"KMS":null}: `
      + 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity'],
  ['two providers in an element', onSecrets(`[{identity: {}, secretbox: {keys: [{name: a, secret: "${key32}"}]}}]`),
    `${path}: Invalid value: "REDACTED": more than one provider specified in a single element, should split into `
      + 'different list elements'],
  ['no keys', onSecrets('[{aescbc: {keys: []}}]'),
    `${path}.aescbc.keys: Required value: at least one keys is required`],
  ['a key without a name', onSecrets(`[{aescbc: {keys: [{secret: "${key16}"}]}}]`),
    `${path}.aescbc.keys[0].name: Required value: name is a mandatory field for a key`],
  ['a key without a secret', onSecrets('[{aescbc: {keys: [{name: a}]}}]'),
    `${path}.aescbc.keys[0].secret: Required value: secret is a mandatory field for a key`],
  ['a secret that is not base64', onSecrets('[{aescbc: {keys: [{name: a, secret: "!"}]}}]'),
    `${path}.aescbc.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded`],
  ['a secret of a wrong length', onSecrets('[{aesgcm: {keys: [{name: a, secret: "YWJj"}]}}]'),
    `${path}.aesgcm.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected `
      + 'one of [16 24 32]'],
  ['a short secret for secretbox', onSecrets(`[{secretbox: {keys: [{name: a, secret: "${key16}"}]}}]`),
    `${path}.secretbox.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 16, `
      + 'expected one of [32]'],
  ['the same resource twice', `${head}- {resources: [secrets, secrets], providers: [{identity: {}}]}`,
    'resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times'],
  ['a name below a wildcard', `${head}- {resources: [secrets, "*."], providers: [{identity: {}}]}`,
    `resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources such as 'secrets' and '*.' in `
      + 'the same resource list is not allowed as they will be masked'],
  ['a bare star', `${head}- {resources: ["*"], providers: [{identity: {}}]}`,
    `resources[0].resources[0]: Invalid value: "*": use '*.' to encrypt all the resources from core API group or *.* to `
      + 'encrypt all resources'],
  ['capital letters', `${head}- {resources: [Secrets], providers: [{identity: {}}]}`,
    'resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters'],
  ['events of the new group', `${head}- {resources: [events.events.k8s.io], providers: [{identity: {}}]}`,
    `resources[0].resources[0]: Invalid value: "events.events.k8s.io": '*.events.k8s.io' objects are stored using the `
      + "'events' API group in etcd. Use 'events' instead in the config file"],
  ['a removed group', `${head}- {resources: ["*.extensions"], providers: [{identity: {}}]}`,
    `resources[0].resources[0]: Invalid value: "*.extensions": 'extensions' group has been removed and cannot be used `
      + 'for encryption'],
  ['a resource of all groups', `${head}- {resources: ["secrets.*"], providers: [{identity: {}}]}`,
    'resources[0].resources[0]: Invalid value: "secrets.*": encrypting the same resource across groups is not supported'],
  ['a resource without an API', `${head}- {resources: [serviceipallocations], providers: [{identity: {}}]}`,
    'resources[0].resources[0]: Invalid value: "serviceipallocations": resources which do not have REST API/s cannot be '
      + 'encrypted'],
  ['a KMS without an endpoint', onSecrets('[{kms: {apiVersion: v2, name: one}}]'),
    `${path}.kms.endpoint: Invalid value: "": endpoint is a mandatory field for a kms`],
  ['a KMS that is not on a socket', onSecrets('[{kms: {apiVersion: v2, name: one, endpoint: "http://x"}}]'),
    `${path}.kms.endpoint: Invalid value: "http://x": unsupported scheme "http" for KMS provider, only unix is supported`],
  ['a colon in a KMS name', onSecrets('[{kms: {apiVersion: v2, name: "a:b", endpoint: "unix:///x"}}]'),
    `${path}.kms.name: Invalid value: "a:b": invalid KMS provider name a:b, must not contain ':'`],
  ['a cache for KMS v2', kms('cachesize: 1'),
    `${path}.kms.cachesize: Invalid value: 1: cachesize is not supported in v2`],
  ['no time for KMS', kms('timeout: 0s'),
    `${path}.kms.timeout: Invalid value: "0s": timeout should be a positive value`],
  ['a KMS version that is none', onSecrets('[{kms: {apiVersion: v3, name: one, endpoint: "unix:///x"}}]'),
    `${path}.kms.apiVersion: Invalid value: "v3": unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are `
      + 'supported'],
]

describe('an encryption configuration', () => {
  for (const [name, text, message] of refusals) {
    test(`with ${name} is refused`, () => {
      assert.throws(() => parse(text), new ConfigurationError(`error while parsing file: ${message}`))
    })
  }

  test('with the same KMS twice is refused', () => {
    const twice = `${kms('')}- resources: [configmaps]\n  providers: [{kms: {apiVersion: v2, name: one, endpoint: "unix:///y"}}]\n`
    assert.throws(() => parse(twice), /resources\[1\].providers\[0\].kms.name: .*duplicate KMS provider name one/)
  })

  test('tells all its faults', () => {
    assert.throws(() => parse(onSecrets('[{aesgcm: {keys: []}}, {aescbc: {keys: []}}]')), new ConfigurationError(
      `error while parsing file: [${path}.aesgcm.keys: Required value: at least one keys is required, `
        + 'resources[0].providers[1].aescbc.keys: Required value: at least one keys is required]',
    ))
  })

  test('gets the defaults of KMS', () => {
    assert.deepEqual(parse(kms('')), { resources: [{ resources: ['secrets'], providers: [{
      kms: { apiVersion: 'v2', name: 'one', endpoint: 'unix:///x', timeout: '3s' },
    }] }] })
    assert.deepEqual(parse(onSecrets('[{kms: {name: one, endpoint: "unix:///x"}}]')), { resources: [{
      resources: ['secrets'],
      providers: [{ kms: { apiVersion: 'v1', name: 'one', endpoint: 'unix:///x', timeout: '3s', cachesize: 1000 } }],
    }] })
  })

  test('may be JSON', () => {
    const json = JSON.stringify({
      kind: 'EncryptionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1',
      resources: [{ resources: ['*.*'], providers: [{ identity: {} }] }],
    })
    assert.deepEqual(parse(json), { resources: [{ resources: ['*.*'], providers: [{ identity: {} }] }] })
  })
})
