/** Reads the configuration of encryption at rest as administrators write it (upstream: encryptionconfig.loadConfig). */
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { ConfigurationError, decodeDocument, explainFailure, requireValid } from '../configuration-file.ts'
import type {
  EncryptionConfiguration,
  KeysConfiguration,
  KmsConfiguration,
  NamedKey,
  ResourceConfiguration,
} from './configuration-types.ts'
import { validateConfiguration } from './validate-configuration.ts'

const group = 'apiserver.config.k8s.io'

/** Struct by struct as table.ts has it: `kinds name [[field, shape, proto number, flags]]`; shapes count the lines. */
const schemas = loadSchemaTable([
  `${group}/v1/EncryptionConfiguration v1.EncryptionConfiguration `
    + '[[["kind","s",0,2],["apiVersion","s",0,2],["resources","La1",0,1]]]',
  '- v1.ResourceConfiguration [[["resources","Las",0,1],["providers","La2",0,1]]]',
  '- v1.ProviderConfiguration '
    + '[[["aesgcm","3",0,6],["aescbc","3",0,6],["secretbox","3",0,6],["identity","5",0,6],["kms","6",0,6]]]',
  '- v1.KeysConfiguration [[["keys","La4",0,1]]]',
  '- v1.Key [[["name","s",0,1],["secret","s",0,1]]]',
  '- v1.IdentityConfiguration [[]]',
  '- v1.KMSConfiguration '
    + '[[["apiVersion","s",0,1],["name","s",0,1],["cachesize","i",0,6],["endpoint","s",0,1],["timeout","D",0,6]]]',
].join('\n'))

/**
 * Reads, defaults and checks a configuration. `path` is for the messages, `isReloaded` whether the file is read again
 * when it changes. Throws ConfigurationError.
 */
export function parseEncryptionConfiguration(
  bytes: Uint8Array, path: string, isReloaded: boolean,
): EncryptionConfiguration {
  return explainFailure('error while parsing file', () => {
    const file = `encryption provider configuration file ${JSON.stringify(path)}`
    if (bytes.length === 0) throw new ConfigurationError(`error while loading file: ${file} is empty`)
    const configuration = explainFailure(`error decoding ${file}`, () =>
      withDefaults(decodeDocument<EncryptionConfiguration>(bytes, {
        kind: 'EncryptionConfiguration', apiVersions: [`${group}/v1`],
        struct: schemas.struct('v1.EncryptionConfiguration'),
      })))
    requireValid(() => validateConfiguration(configuration, isReloaded))
    return configuration
  })
}

/** SetDefaults_KMSConfiguration, and empty values in place of absent ones. */
function withDefaults({ resources }: Partial<EncryptionConfiguration>): EncryptionConfiguration {
  const withKeys = (keys: Partial<KeysConfiguration>): KeysConfiguration => ({
    keys: (keys.keys ?? []).map((key: Partial<NamedKey>) => ({ name: key.name ?? '', secret: key.secret ?? '' })),
  })
  return {
    resources: (resources ?? []).map((part: Partial<ResourceConfiguration>) => ({
      resources: part.resources ?? [],
      providers: (part.providers ?? []).map(({ aesgcm, aescbc, secretbox, identity, kms }) => ({
        ...(aesgcm && { aesgcm: withKeys(aesgcm) }),
        ...(aescbc && { aescbc: withKeys(aescbc) }),
        ...(secretbox && { secretbox: withKeys(secretbox) }),
        ...(identity && { identity }),
        ...(kms && { kms: kmsDefaults(kms) }),
      })),
    })),
  }
}

function kmsDefaults(given: Partial<KmsConfiguration>): KmsConfiguration {
  const apiVersion = given.apiVersion || 'v1'
  const cachesize = given.cachesize ?? (apiVersion === 'v1' ? 1000 : undefined)
  return {
    apiVersion, name: given.name ?? '', endpoint: given.endpoint ?? '', timeout: given.timeout ?? '3s',
    ...(cachesize !== undefined && { cachesize }),
  }
}
