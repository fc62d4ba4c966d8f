/** Tar archives (POSIX ustar), written whole and reproducibly: no times, no owners but root. */

export type TarEntry =
  | { readonly type: 'file'; readonly path: string; readonly mode: number; readonly bytes: Uint8Array }
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'link'; readonly path: string; readonly target: string }

const blockBytes = 512

/** Paths of at most 100 bytes; longer ones throw. */
export function renderTar(entries: readonly TarEntry[]): Uint8Array<ArrayBuffer> {
  const size = entries.reduce(
    (sum, entry) => sum + blockBytes + padded(entry.type === 'file' ? entry.bytes.length : 0),
    2 * blockBytes,
  )
  const archive = new Uint8Array(size)
  let at = 0
  for (const entry of entries) {
    writeHeader(archive.subarray(at, at + blockBytes), entry)
    at += blockBytes
    if (entry.type === 'file') {
      archive.set(entry.bytes, at)
      at += padded(entry.bytes.length)
    }
  }
  return archive
}

function padded(length: number): number {
  return Math.ceil(length / blockBytes) * blockBytes
}

function writeHeader(header: Uint8Array, entry: TarEntry): void {
  const text = (at: number, length: number, value: string): void => {
    if (value.length > length) throw new Error(`too long for a tar header: ${value}`)
    for (let i = 0; i < value.length; i++) header[at + i] = value.charCodeAt(i)
  }
  const octal = (at: number, length: number, value: number): void =>
    text(at, length - 1, value.toString(8).padStart(length - 1, '0'))
  text(0, 100, entry.type === 'directory' ? `${entry.path}/` : entry.path)
  octal(100, 8, entry.type === 'link' ? 0o777 : entry.mode)
  octal(108, 8, 0)
  octal(116, 8, 0)
  octal(124, 12, entry.type === 'file' ? entry.bytes.length : 0)
  octal(136, 12, 0)
  text(148, 8, '        ')
  text(156, 1, { file: '0', directory: '5', link: '2' }[entry.type])
  if (entry.type === 'link') text(157, 100, entry.target)
  text(257, 6, 'ustar')
  text(263, 2, '00')
  const sum = header.reduce((total, byte) => total + byte, 0)
  text(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `)
}
