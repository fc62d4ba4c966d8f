/** Servers on one etcd are one cluster only if they trust the same authority and sign with the same key. */
import type { ConfigMap } from '#api/gen/core-v1.ts'
import { decodeStored, hasHeader } from '#apiserver/rest/stored-form.ts'
import type { CertificateFiles } from '#bootstrap/certificates.ts'
import type { Store } from '#storage/store.ts'
import { CommandFailure } from './cli/failure.ts'

/** Where every cluster keeps its authority for its pods (the root-ca-certificate-publisher puts it there). */
const publishedKey = '/registry/configmaps/kube-system/kube-root-ca.crt'

/** Throws CommandFailure when the cluster in the store is another's: nothing has been written yet. */
export function requireSameAuthority(store: Store, certificates: CertificateFiles): void {
  const published = store.current().get(publishedKey)
  // What is encrypted at rest is not for us to read here.
  if (published === undefined || !hasHeader(published.value)) return
  const { data } = decodeStored<ConfigMap>(published)
  const authority = data?.['ca.crt']
  if (authority === undefined || authority.trim() === certificates['ca.crt']!.trim()) return
  throw new CommandFailure(
    'E-OTHER-CLUSTER', 'the state is that of a cluster with another certificate authority',
    'copy ca.*, front-proxy-ca.* and sa.* from pki/ in the data directory of its first server, then start again',
  )
}
