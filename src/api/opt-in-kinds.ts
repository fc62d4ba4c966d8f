/**
 * Kinds that no version serves by default; `--runtime-config` turns them on. In the order of discovery, behind the
 * kinds of their group.
 */
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { clusterTrustBundle } from './certificates/clustertrustbundle/clustertrustbundle.ts'
import { podCertificateRequest } from './certificates/podcertificaterequest/podcertificaterequest.ts'
import { leaseCandidate } from './coordination/leasecandidate/leasecandidate.ts'
import { storageVersion } from './internal/storageversion/storageversion.ts'
import { deviceTaintRule } from './resource/devicetaintrule/devicetaintrule.ts'
import { resourcePoolStatusRequest } from './resource/resourcepoolstatusrequest/resourcepoolstatusrequest.ts'
import { podGroup } from './scheduling/podgroup/podgroup.ts'
import { workload } from './scheduling/workload/workload.ts'
import { storageVersionMigration } from './storagemigration/storageversionmigration/storageversionmigration.ts'

export const optInKinds: readonly AnyKind[] = [
  clusterTrustBundle,
  podCertificateRequest,
  podGroup,
  workload,
  leaseCandidate,
  deviceTaintRule,
  resourcePoolStatusRequest,
  storageVersionMigration, storageVersion,
]
