/** PEM (RFC 7468): base64 between BEGIN and END lines. */
import { base64Decode, base64Encode } from './bytes.ts'

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY` … */
  readonly label: string
  readonly bytes: Uint8Array
  /** Lines `Name: value` stood before the bytes, as RFC 1421 allows. */
  readonly hasHeaders?: true
}

export function formatPem(label: string, bytes: Uint8Array): string {
  const lines = base64Encode(bytes).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** Every well-formed block, in order; text between blocks is ignored, as openssl and Go do. */
export function parsePem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  for (const match of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----((?:[^-]|-(?!----))*)-----END \1-----/g)) {
    const lines = match[2]!.split('\n').slice(1)
    const headers = lines.findIndex((line) => !line.includes(':'))
    const bytes = base64Decode(lines.slice(headers).join('').replace(/\s/g, ''))
    if (bytes) blocks.push({ label: match[1]!, bytes, ...(headers > 0 && { hasHeaders: true as const }) })
  }
  return blocks
}
