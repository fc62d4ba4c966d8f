/** PEM (RFC 7468): base64 between BEGIN and END lines. */
import { base64Decode, base64Encode } from './bytes.ts'

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY` … */
  readonly label: string
  readonly bytes: Uint8Array
}

export function formatPem(label: string, bytes: Uint8Array): string {
  const lines = base64Encode(bytes).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** Every well-formed block, in order; text between blocks is ignored, as openssl and Go do. */
export function parsePem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  for (const match of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)) {
    const bytes = base64Decode(match[2]!.replace(/\s/g, ''))
    if (bytes) blocks.push({ label: match[1]!, bytes })
  }
  return blocks
}
