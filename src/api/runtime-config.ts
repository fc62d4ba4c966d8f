/** `--runtime-config`: which group-versions an API server serves beside, or without, the default ones. */

/**
 * `api/all=false,storagemigration.k8s.io/v1beta1=true` as pairs; a key alone means true. Later pairs win over
 * earlier ones.
 */
export type RuntimeConfig = readonly (readonly [key: string, enabled: boolean])[]

/** Undefined for a value that is neither true nor false. */
export function parseRuntimeConfig(text: string): RuntimeConfig | undefined {
  const pairs: (readonly [string, boolean])[] = []
  for (const part of text.split(',').map((entry) => entry.trim()).filter(Boolean)) {
    const [key = '', value = 'true'] = part.split('=')
    if (value !== 'true' && value !== 'false' && value !== '') return undefined
    pairs.push([key, value !== 'false'])
  }
  return pairs
}

/** The same for what was given, if anything; throws for what `parseRuntimeConfig` does not know. */
export function requireRuntimeConfig(text: string | undefined): RuntimeConfig | undefined {
  if (text === undefined) return undefined
  const config = parseRuntimeConfig(text)
  if (!config) throw new Error(`not a runtime configuration (KEY=true|false,…): ${text}`)
  return config
}
