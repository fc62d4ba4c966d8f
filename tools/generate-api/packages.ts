/** Which Go packages become API types, and how their files are named. */

export interface PackageSource {
  /** Import path below the folder of sources. */
  readonly path: string
  /** `core-v1`: the name of the file of TypeScript types. */
  readonly file: string
  /** Served by the API server, or spoken by it (webhooks, discovery): gets types and a place in the run-time table. */
  readonly served: boolean
}

const spoken: readonly string[] = [
  'core/v1', 'apps/v1', 'batch/v1', 'autoscaling/v1', 'autoscaling/v2', 'networking/v1', 'networking/v1beta1',
  'policy/v1', 'rbac/v1', 'storage/v1', 'storage/v1beta1', 'scheduling/v1', 'scheduling/v1alpha2', 'node/v1',
  'discovery/v1', 'events/v1', 'coordination/v1', 'coordination/v1alpha2', 'coordination/v1beta1', 'certificates/v1',
  'certificates/v1alpha1', 'certificates/v1beta1', 'admissionregistration/v1', 'admissionregistration/v1alpha1',
  'admissionregistration/v1beta1', 'authentication/v1', 'authentication/v1alpha1', 'authentication/v1beta1',
  'authorization/v1', 'flowcontrol/v1', 'resource/v1', 'resource/v1alpha3', 'resource/v1beta1', 'resource/v1beta2',
  'storagemigration/v1beta1', 'apiserverinternal/v1alpha1', 'admission/v1', 'apidiscovery/v2', 'apidiscovery/v2beta1',
  'imagepolicy/v1alpha1',
  // Removed upstream, served to old clients behind api/legacy.
  'authorization/v1beta1', 'batch/v1beta1', 'discovery/v1beta1', 'events/v1beta1', 'flowcontrol/v1beta1', 'flowcontrol/v1beta2',
  'flowcontrol/v1beta3', 'node/v1beta1', 'policy/v1beta1', 'rbac/v1beta1', 'scheduling/v1beta1',
]

const unserved: readonly string[] = [
  'admission/v1beta1', 'apps/v1beta1', 'apps/v1beta2', 'extensions/v1beta1', 'node/v1alpha1',
  'rbac/v1alpha1', 'storage/v1alpha1',
]

export const metaPackage = 'k8s.io/apimachinery/pkg/apis/meta/v1'
export const apiextensionsPackage = 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1'
export const apiextensionsBetaPackage = 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1'
export const apiregistrationPackage = 'k8s.io/kube-aggregator/pkg/apis/apiregistration/v1'
/** No longer among upstream's sources. */
export const autoscalingBetaPackages = { v2beta1: 'k8s.io/api/autoscaling/v2beta1', v2beta2: 'k8s.io/api/autoscaling/v2beta2' } as const

export const packages: readonly PackageSource[] = [
  { path: metaPackage, file: 'meta-v1', served: true },
  ...spoken.map((name) => ({ path: `k8s.io/api/${name}`, file: name.replace('/', '-'), served: true })),
  { path: apiextensionsPackage, file: 'apiextensions-v1', served: true },
  { path: apiregistrationPackage, file: 'apiregistration-v1', served: true },
  { path: apiextensionsBetaPackage, file: 'apiextensions-v1beta1', served: true },
  { path: autoscalingBetaPackages.v2beta1, file: 'autoscaling-v2beta1', served: true },
  { path: autoscalingBetaPackages.v2beta2, file: 'autoscaling-v2beta2', served: true },
  { path: 'k8s.io/metrics/pkg/apis/metrics/v1beta1', file: 'metrics-v1beta1', served: true },
  { path: 'k8s.io/metrics/pkg/apis/custom_metrics/v1beta2', file: 'custom-metrics-v1beta2', served: true },
  { path: 'k8s.io/metrics/pkg/apis/external_metrics/v1beta1', file: 'external-metrics-v1beta1', served: true },
  ...unserved.map((name) => ({ path: `k8s.io/api/${name}`, file: name.replace('/', '-'), served: false })),
]
