/** What the API server is told by kube-apiserver's flags; what that takes is loaded only where there are any. */
import type { FlagValues } from '#apiserver/flag-values.ts'
import type { ApiServerConfiguration, ConfigurationMeans } from './configured-api-server.ts'

/** Throws CommandFailure for flags and files that cannot be used. */
export async function openApiServerConfiguration(
  flags: FlagValues = {}, means: ConfigurationMeans,
): Promise<ApiServerConfiguration> {
  if (Object.keys(flags).length === 0) return { flags }
  const { configureApiServer } = await import('./configured-api-server.ts')
  return await configureApiServer(flags, means)
}
