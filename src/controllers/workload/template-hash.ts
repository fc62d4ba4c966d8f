/** The `pod-template-hash`: a name for what a pod template says. */

/** Upstream's rand.SafeEncodeString: no vowels and no look-alikes, so that no hash spells a word. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/**
 * FNV-1a (32 bits) of the template, and of the collision count where there is one, as a decimal number written in
 * the safe alphabet.
 *
 * Upstream hashes a dump of the Go value, which only Go can make; we hash the canonical JSON. The form is the same and
 * the value differs, so a Deployment made by another Kubernetes keeps its ReplicaSets (they are found by comparing
 * templates) under their old names.
 */
export function computeTemplateHash(template: unknown, collisionCount: number | undefined): string {
  const bytes = new TextEncoder().encode(canonicalJson(template))
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  if (collisionCount !== undefined && collisionCount > 0) {
    for (let shift = 0; shift < 64; shift += 8) {
      hash = Math.imul(hash ^ (shift < 32 ? (collisionCount >>> shift) & 0xff : 0), 0x01000193) >>> 0
    }
  }
  return encodeSafely(String(hash))
}

function encodeSafely(text: string): string {
  let result = ''
  for (let i = 0; i < text.length; i++) result += alphabet[text.charCodeAt(i) % alphabet.length]!
  return result
}

/** JSON with sorted keys, without what is absent. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, field]) => field !== undefined && field !== null)
  fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`
}
