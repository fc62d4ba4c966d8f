/** Names that belong to configurations in files of the server. */
import type { KubeObject } from '#machinery/meta/object.ts'

const suffix = '.static.k8s.io'

/** Without the feature (ManifestBasedAdmissionControlConfig) such a name may be used. */
export function reservedNameWarnings({ metadata }: KubeObject): string[] {
  if (!metadata?.name?.endsWith(suffix)) return []
  return [`metadata.name: names ending with "${suffix}" are reserved for static manifest-based configurations and cannot `
    + 'be managed via the API']
}
