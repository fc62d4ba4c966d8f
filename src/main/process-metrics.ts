/** Prometheus' standard figures of a process. */
import { readdirSync } from 'node:fs'

const startSeconds = Date.now() / 1000 - process.uptime()

export function processMetrics(): Readonly<Record<string, number>> {
  const { user, system } = process.cpuUsage()
  const memory = process.memoryUsage()
  return {
    process_cpu_seconds_total: (user + system) / 1e6,
    process_resident_memory_bytes: memory.rss,
    process_start_time_seconds: startSeconds,
    nodejs_heap_size_used_bytes: memory.heapUsed,
    nodejs_external_memory_bytes: memory.external,
    ...openFiles(),
  }
}

function openFiles(): Readonly<Record<string, number>> {
  try {
    return { process_open_fds: readdirSync('/proc/self/fd').length }
  } catch {
    // No /proc on this system.
    return {}
  }
}
