/**
 * What a kernel must be able to do before pods and Services can work: tried out, in places that vanish by themselves.
 */
import { execFile, spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { findCommand } from './prerequisites.ts'

export interface KernelProblem {
  readonly id: string
  readonly message: string
  readonly cure: string
}

const trialLimitMs = 10_000

/**
 * Problems that pods or Services would meet; `dataDirectory` (which need not exist) is where containers'
 * layers will be.
 */
export async function kernelProblems(dataDirectory: string): Promise<KernelProblem[]> {
  const problems = await Promise.all([overlayProblem(dataDirectory), networkProblem(), filterProblem()])
  return [...cgroupProblems(), ...switchProblems(), ...problems].filter((problem) => problem !== undefined)
}

interface Trial {
  readonly succeeded: boolean
  readonly complaint: string
}

/** Runs a script in namespaces of its own, which end with it, and all that it made in them. */
function tryInNamespace(
  flag: '--net' | '--mount',
  script: string,
  words: readonly string[] = [],
  input = '',
): Promise<Trial> {
  return new Promise((resolve) => {
    const environment = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` }
    const program = findCommand('unshare') ?? 'unshare'
    const child = execFile(
      program,
      [flag, 'sh', '-ec', script, 'sh', ...words],
      { env: environment, timeout: trialLimitMs },
      (error, _, stderr) => {
        const complaint = stderr.trim().split('\n')[0] || (error ? error.message.split('\n')[0]! : '')
        resolve({ succeeded: error === null, complaint })
      },
    )
    // A script that ends without reading is told by its exit code.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

async function overlayProblem(dataDirectory: string): Promise<KernelProblem | undefined> {
  let parent = dataDirectory
  while (!existsSync(parent)) parent = dirname(parent)
  let scratch: string
  try {
    scratch = mkdtempSync(join(parent, '.skiff-trial-'))
  } catch {
    // Whether it can be written is another question, asked elsewhere.
    return undefined
  }
  try {
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(scratch, name))
    const script =
      'mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/merged" && : > "$1/merged/file"'
    const attempt = (): Promise<Trial> => tryInNamespace('--mount', script, [scratch])
    const trial = await attempt()
    if (trial.succeeded || (loadModule('overlay') && (await attempt()).succeeded)) return undefined
    return {
      id: 'E-KERNEL-OVERLAY',
      message: `overlayfs cannot be used on ${parent}: ${trial.complaint}`,
      cure: 'modprobe overlay; or a kernel with CONFIG_OVERLAY_FS; or a --data-dir on ext4 or xfs',
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function networkProblem(): Promise<KernelProblem | undefined> {
  const trial = await tryInNamespace(
    '--net',
    'ip link add name trial0 type bridge; ip link add name trial1 type veth peer name trial2; ip link set trial1 master trial0',
  )
  if (trial.succeeded) return undefined
  return {
    id: 'E-KERNEL-NETWORK',
    message: `the kernel refuses a pod network (network namespace, bridge, veth): ${trial.complaint}`,
    cure: 'modprobe bridge veth; or a kernel with CONFIG_NET_NS, CONFIG_BRIDGE and CONFIG_VETH',
  }
}

/** Every expression that the Services' and the pods' tables are made of. */
const trialTable = `table ip trial {
  map targets { type ipv4_addr . inet_proto . inet_service . mark : ipv4_addr . inet_service; }
  chain pick {
    meta mark set jhash ip saddr mod 3
    meta mark set numgen random mod 3 dnat ip to ip daddr . meta l4proto . th dport . meta mark map @targets
  }
  chain prerouting {
    type nat hook prerouting priority -100;
    fib daddr type local jump pick
  }
  chain postrouting {
    type nat hook postrouting priority 100;
    ct status dnat masquerade
  }
  chain forward {
    type filter hook forward priority 0;
    ct state new reject
  }
}
`

async function filterProblem(): Promise<KernelProblem | undefined> {
  const trial = await tryInNamespace('--net', 'nft -f -', [], trialTable)
  if (trial.succeeded) return undefined
  return {
    id: 'E-KERNEL-NFTABLES',
    message: `the kernel refuses nftables' maps, fib, numgen, jhash, nat or reject: ${trial.complaint}`,
    cure: 'modprobe nf_tables nft_fib_ipv4 nft_numgen nft_hash nft_nat nft_masq nft_reject_ipv4; or a kernel with these options',
  }
}

const cgroupBase = '/sys/fs/cgroup'
const neededControllers = ['cpu', 'memory', 'pids']

function cgroupProblems(): KernelProblem[] {
  const unified = existsSync(join(cgroupBase, 'cgroup.controllers'))
  const present = unified ? readText(join(cgroupBase, 'cgroup.controllers')).trim().split(' ') : readNames(cgroupBase)
  if (!unified && !present.includes('memory') && !present.includes('unified')) {
    return [
      {
        id: 'E-KERNEL-CGROUP',
        message: `no control groups are mounted at ${cgroupBase}`,
        cure: `mount -t cgroup2 none ${cgroupBase}`,
      },
    ]
  }
  const missing = missingControllers(present)
  if (missing.length > 0) {
    return [{
      id: 'E-KERNEL-CGROUP', message: `control groups lack ${missing.join(', ')}`,
      cure: missing.includes('memory')
        ? 'boot with cgroup_enable=memory (or cgroup_memory=1)'
        : 'a kernel with CONFIG_CGROUP_SCHED and CONFIG_CGROUP_PIDS',
    }]
  }
  const scratch = join(cgroupBase, unified ? '' : 'memory', `skiff-trial-${process.pid}`)
  try {
    mkdirSync(scratch)
    rmdirSync(scratch)
    return []
  } catch (error) {
    return [
      {
        id: 'E-KERNEL-CGROUP',
        message: `control groups cannot be made: ${String(error)}`,
        cure: `mount -o remount,rw ${cgroupBase}; in a container: run it privileged`,
      },
    ]
  }
}

/** Pure. Comounted v1 hierarchies have names like `cpu,cpuacct`. */
export function missingControllers(present: readonly string[]): string[] {
  const all = new Set(present.flatMap((name) => name.split(',')))
  return neededControllers.filter((name) => !all.has(name))
}

const forwardingSwitch = '/proc/sys/net/ipv4/ip_forward'
/**
 * Without it answers between pods of one bridge go past the packet filter, and a Service's address is never put back.
 */
const bridgeSwitch = '/proc/sys/net/bridge/bridge-nf-call-iptables'

function switchProblems(): (KernelProblem | undefined)[] {
  return [forwardingSwitch, bridgeSwitch].map((file) => {
    if (file === bridgeSwitch && !existsSync(file) && !(loadModule('br_netfilter') && existsSync(file))) {
      return {
        id: 'E-KERNEL-BRIDGE',
        message:
          'the kernel does not show bridged packets to the packet filter (no br_netfilter), which Services between pods need',
        cure: 'modprobe br_netfilter; or a kernel with CONFIG_BRIDGE_NETFILTER',
      }
    }
    if (readText(file).trim() === '1' || isWritable(file)) return undefined
    return {
      id: 'E-KERNEL-SYSCTL',
      message: `${file} is off and cannot be turned on`,
      cure: `mount -o remount,rw /proc/sys; in a container: run it privileged`,
    }
  })
}

/** Gives whether modprobe says that the module is there now. */
function loadModule(name: string): boolean {
  const modprobe = findCommand('modprobe')
  return modprobe !== undefined && spawnSync(modprobe, ['-q', name]).status === 0
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK)
    return true
  } catch {
    // Not there, or mounted read-only.
    return false
  }
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Not mounted.
    return []
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not Linux, or not mounted: then nothing of it is there.
    return ''
  }
}
