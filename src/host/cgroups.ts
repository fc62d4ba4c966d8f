/** world/cgroups on the kernel's files: version 2, version 1, or version 1 with an empty version 2 beside it. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import type { CgroupLimits, Cgroups, CgroupUsage } from '#world/cgroups.ts'

const mountPoint = '/sys/fs/cgroup'
const controllers = ['cpu', 'memory', 'pids'] as const
/** Version 1 keeps each controller in a tree of its own; runc makes groups in all of these. */
const trees = [
  'unified',
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'pids',
  'blkio',
  'devices',
  'freezer',
  'hugetlb',
  'net_cls',
  'net_prio',
  'perf_event',
  'systemd',
  'rdma',
  'misc',
]

export function createCgroups(): Cgroups {
  return existsSync(`${mountPoint}/cgroup.controllers`) ? versionTwo : versionOne
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENODEV' || errorCode(error) === 'EOPNOTSUPP') {
      return undefined
    }
    throw error
  }
}

async function set(path: string, value: string): Promise<void> {
  try {
    await writeFile(path, value)
  } catch (error) {
    // A controller that this kernel does not have limits nothing.
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EACCES') {
      throw new Error(`cannot write "${value}" to ${path}`, { cause: error })
    }
  }
}

/** Children first. A group that still has a process stays, and that is an error. */
async function removeTree(path: string): Promise<void> {
  for (const name of await directories(path)) await removeTree(`${path}/${name}`)
  try {
    await rmdir(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

async function directories(path: string): Promise<string[]> {
  try {
    return (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

function field(text: string | undefined, name: string): number {
  const match = new RegExp(`^${name} (\\d+)`, 'm').exec(text ?? '')
  return match ? Number(match[1]) : 0
}

const versionTwo: Cgroups = {
  async apply(path, limits) {
    let current = mountPoint
    for (const part of path.split('/').filter((name) => name !== '')) {
      await set(`${current}/cgroup.subtree_control`, controllers.map((name) => `+${name}`).join(' '))
      current = `${current}/${part}`
      await mkdir(current, { recursive: true })
    }
    const { cpuShares, cpuQuota, cpuPeriod = 100_000, memoryLimitBytes, pidsLimit } = limits
    // The kernel's two scales, 2…262144 and 1…10000, as runc converts them.
    if (cpuShares !== undefined) {
      await set(`${current}/cpu.weight`, String(1 + Math.floor(((cpuShares - 2) * 9999) / 262_142)))
    }
    if (cpuQuota !== undefined) await set(`${current}/cpu.max`, `${cpuQuota > 0 ? cpuQuota : 'max'} ${cpuPeriod}`)
    if (memoryLimitBytes !== undefined) {
      await set(`${current}/memory.max`, memoryLimitBytes > 0 ? String(memoryLimitBytes) : 'max')
    }
    if (pidsLimit !== undefined) await set(`${current}/pids.max`, pidsLimit > 0 ? String(pidsLimit) : 'max')
  },
  remove: (path) => removeTree(`${mountPoint}${path}`),
  children: (path) => directories(`${mountPoint}${path}`),
  async usage(path): Promise<CgroupUsage | undefined> {
    const root = `${mountPoint}${path}`
    const [cpu, current, memory, pids] = await Promise.all([
      read(`${root}/cpu.stat`),
      read(`${root}/memory.current`),
      read(`${root}/memory.stat`),
      read(`${root}/pids.current`),
    ])
    if (cpu === undefined) return undefined
    const usage = Number(current ?? 0)
    return {
      cpuUsageNanoseconds: field(cpu, 'usage_usec') * 1000,
      memoryUsageBytes: usage,
      memoryWorkingSetBytes: Math.max(0, usage - field(memory, 'inactive_file')),
      memoryRssBytes: field(memory, 'anon'),
      processes: Number(pids ?? 0),
    }
  },
}

const versionOne: Cgroups = {
  async apply(path, limits) {
    for (const name of controllers) {
      if (existsSync(`${mountPoint}/${name}`)) await mkdir(`${mountPoint}/${name}${path}`, { recursive: true })
    }
    for (const [file, value] of versionOneFiles(limits)) await set(`${mountPoint}/${file.replace('*', path)}`, value)
  },
  async remove(path) {
    for (const name of trees) {
      if (existsSync(`${mountPoint}/${name}${path}`)) await removeTree(`${mountPoint}/${name}${path}`)
    }
  },
  children: (path) => directories(`${mountPoint}/memory${path}`),
  async usage(path): Promise<CgroupUsage | undefined> {
    const [cpu, current, memory, pids] = await Promise.all([
      read(`${mountPoint}/cpuacct${path}/cpuacct.usage`), read(`${mountPoint}/memory${path}/memory.usage_in_bytes`),
      read(`${mountPoint}/memory${path}/memory.stat`), read(`${mountPoint}/pids${path}/pids.current`),
    ])
    if (cpu === undefined && current === undefined) return undefined
    const usage = Number(current ?? 0)
    return {
      cpuUsageNanoseconds: Number(cpu ?? 0),
      memoryUsageBytes: usage,
      memoryWorkingSetBytes: Math.max(0, usage - field(memory, 'total_inactive_file')),
      memoryRssBytes: field(memory, 'total_rss'),
      processes: Number(pids ?? 0),
    }
  },
}

function versionOneFiles(
  { cpuShares, cpuQuota, cpuPeriod, memoryLimitBytes, pidsLimit }: CgroupLimits,
): (readonly [string, string])[] {
  return [
    ...(cpuShares !== undefined ? [['cpu*/cpu.shares', String(cpuShares)] as const] : []),
    ...(cpuPeriod !== undefined ? [['cpu*/cpu.cfs_period_us', String(cpuPeriod)] as const] : []),
    ...(cpuQuota !== undefined ? [['cpu*/cpu.cfs_quota_us', String(cpuQuota)] as const] : []),
    ...(memoryLimitBytes !== undefined ? [['memory*/memory.limit_in_bytes', String(memoryLimitBytes)] as const] : []),
    ...(pidsLimit !== undefined ? [['pids*/pids.max', pidsLimit > 0 ? String(pidsLimit) : 'max'] as const] : []),
  ]
}
