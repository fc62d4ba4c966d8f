/** A server beside others on one store is let in only with their authority. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { encodeStored } from '#apiserver/rest/stored-form.ts'
import type { CertificateFiles } from '#bootstrap/certificates.ts'
import { systemClock } from '#host/clock.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { Store } from '#storage/store.ts'
import { CommandFailure } from './cli/failure.ts'
import { requireSameAuthority } from './same-authority.ts'

const own = { 'ca.crt': 'own\n' } as CertificateFiles
const encoder = new TextEncoder()

async function storeWith(value: Uint8Array | undefined): Promise<Store> {
  const store = openVolatileStore({ clock: systemClock })
  if (value !== undefined) {
    await store.swap('/registry/configmaps/kube-system/kube-root-ca.crt', 0, { type: 'put', value })
  }
  return store
}

const published = (authority: string): Uint8Array => encodeStored({
  kind: 'ConfigMap', apiVersion: 'v1', data: { 'ca.crt': authority },
  metadata: { name: 'kube-root-ca.crt', namespace: 'kube-system', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' },
} as never)

test('an empty store, the same authority, and one that cannot be read are no reason to stop', async () => {
  for (const value of [undefined, published('own'), encoder.encode('k8s:enc:aesgcm:v1:key1:…')]) {
    requireSameAuthority(await storeWith(value), own)
  }
})

test('the cluster of another authority is left alone', async () => {
  const store = await storeWith(published('other\n'))
  assert.throws(() => { requireSameAuthority(store, own) },
    (error) => error instanceof CommandFailure && error.id === 'E-OTHER-CLUSTER')
})
