/**
 * Which profile of AppArmor confines a container was once said by an annotation. What it says of a new pod becomes the
 * field that says it today (upstream: applyAppArmorVersionSkew).
 */
import { semanticEqual } from '#base/deep-equal.ts'
import type { AppArmorProfile, Pod } from '../../gen/core-v1.ts'
import { containersOf } from './all-containers.ts'
import { appArmorOfContainer } from './annotations.validation.ts'
import { validateAppArmorProfile } from './security.validation.ts'

/** Fields that are there already stay. `warn`: of annotations that said something new, or nothing that makes sense. */
export function readAppArmorAnnotations(object: Pod, warn: ((sentence: string) => void) | undefined): void {
  const { metadata: { annotations = {} } = {}, spec } = object
  if (!spec || spec.os?.name === 'windows') return
  for (const [container] of containersOf(spec, '')) {
    const key = appArmorOfContainer + container.name
    const annotation = annotations[key]
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue
    const profile = profileOf(annotation)
    if (profile) {
      if (semanticEqual(profile, spec.securityContext?.appArmorProfile)) continue
      container.securityContext = { ...container.securityContext, appArmorProfile: profile }
    }
    warn?.(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`)
  }
}

function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  const localhostProfile = annotation.startsWith('localhost/') ? annotation.slice('localhost/'.length) : ''
  const profile = { type: 'Localhost', localhostProfile } as const
  return localhostProfile !== '' && validateAppArmorProfile(profile, '').length === 0 ? profile : undefined
}
