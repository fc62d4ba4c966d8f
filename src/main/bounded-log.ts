/** Standard error as a log file that does not grow for ever. */
import { copyFileSync, fstatSync, ftruncateSync, writeSync } from 'node:fs'

const standardError = 2
const limitBytes = 32 * 1024 * 1024

/**
 * Lines go to standard error, which `up` has opened on `file` for appending. Past 32 MiB the file's content moves
 * to `file.1` and the file begins anew, so that two such files are all there ever are. On a terminal or a pipe
 * nothing is bounded.
 */
export function openBoundedLog(file: string): { write(line: string): void } {
  const opened = fstatSync(standardError)
  let size = opened.isFile() ? opened.size : Number.NEGATIVE_INFINITY
  return {
    write(line) {
      try {
        size += writeSync(standardError, line)
        if (size <= limitBytes) return
        copyFileSync(file, `${file}.1`)
        ftruncateSync(standardError, 0)
        size = 0
      } catch {
        // The disk is full or the file is gone. A cluster does not end because nobody can read its log.
        size = 0
      }
    },
  }
}
