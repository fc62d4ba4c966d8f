/** When an image is pulled, by its name. */
import type { PullPolicy } from '../../gen/core-v1.ts'

/** `latest`, named or implied, is pulled every time; anything else once. */
export function defaultPullPolicy(image: string): PullPolicy {
  if (image === '' || image.includes('@')) return image.includes(':latest@') ? 'Always' : 'IfNotPresent'
  const tag = /:([^/:]*)$/.exec(image)?.[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}
