/** What a container said when it ended: its termination message file, or its last log lines. */
import { utf8Decode } from '#base/bytes.ts'
import type { ContainerStatus } from '#world/container-runtime.ts'
import type { Files } from '#world/files.ts'
import { parseLogLine } from '../logs/format.ts'
import { annotation } from './identity.ts'

const messageLimitBytes = 4096
const logTail = { bytes: 2048, lines: 80 }

/** Empty when it said nothing. */
export async function readTerminationMessage(files: Files, container: ContainerStatus): Promise<string> {
  const path = container.annotations[annotation.terminationMessagePath]
  const mount = path ? container.mounts.find(({ containerPath }) => containerPath === path) : undefined
  const stat = mount && await files.stat(mount.hostPath)
  const size = stat?.type === 'file' ? stat.size : 0
  const bytes = mount && size > 0
    ? await files.readRange(mount.hostPath, Math.max(0, size - messageLimitBytes), messageLimitBytes)
    : undefined
  const text = bytes ? utf8Decode(bytes) : ''
  if (text !== '') return text
  const policy = container.annotations[annotation.terminationMessagePolicy]
  const wantsLogs = policy === 'FallbackToLogsOnError' && (container.exitCode !== 0 || container.reason === 'OOMKilled')
  return wantsLogs && container.logPath !== '' ? await lastLogLines(files, container.logPath) : container.message
}

async function lastLogLines(files: Files, path: string): Promise<string> {
  const stat = await files.stat(path)
  if (!stat) return ''
  // The format adds a time and a stream to every line, hence more than the text itself.
  const length = 16 * 1024
  const bytes = await files.readRange(path, Math.max(0, stat.size - length), length)
  const lines = utf8Decode(bytes ?? new Uint8Array()).split('\n').slice(stat.size > length ? 1 : 0)
  const text = lines.flatMap((line) => {
    const entry = parseLogLine(line)
    return entry ? [entry.partial ? entry.content : `${entry.content}\n`] : []
  }).slice(-logTail.lines).join('')
  return text.slice(-logTail.bytes)
}
