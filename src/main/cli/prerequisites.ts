/** What a machine must have before a cluster with real containers can run on it, and how it gets it. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { CommandFailure, exitCode } from './failure.ts'

export interface Requirement {
  readonly name: string
  /** Debian's package that brings it. */
  readonly debianPackage: string
  readonly why: string
  isPresent(): boolean
}

const pluginDirectories = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni']

export const requirements: readonly Requirement[] = [
  { name: 'containerd', debianPackage: 'containerd', why: 'runs the containers', isPresent: () => findCommand('containerd') !== undefined },
  { name: 'runc', debianPackage: 'runc', why: 'starts the containers', isPresent: () => findCommand('runc') !== undefined },
  { name: 'CNI plugins', debianPackage: 'containernetworking-plugins', why: 'connect pods to the network', isPresent: () => findPluginDirectory() !== undefined },
  { name: 'nft', debianPackage: 'nftables', why: 'routes Services', isPresent: () => findCommand('nft') !== undefined },
  { name: 'ip', debianPackage: 'iproute2', why: 'sets up the pod network', isPresent: () => findCommand('ip') !== undefined },
  {
    name: 'busybox (static)', debianPackage: 'busybox-static', why: 'becomes the pause and demo images',
    isPresent: () => findCommand('busybox') !== undefined,
  },
]

/** The path of a program, looked up as a shell of root would; undefined when it is not there. */
export function findCommand(command: string): string | undefined {
  const path = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/sbin${delimiter}/usr/bin${delimiter}/bin`
  return path.split(delimiter).map((directory) => join(directory, command)).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      // Not here; look in the next directory.
      return false
    }
  })
}

export function findPluginDirectory(): string | undefined {
  return pluginDirectories.find((directory) => ['bridge', 'host-local', 'loopback'].every((plugin) => existsSync(join(directory, plugin))))
}

export function missingRequirements(): Requirement[] {
  return requirements.filter((requirement) => !requirement.isPresent())
}

/** Installs Debian packages. Throws CommandFailure with the installer's last words. */
export function installPackages(packages: readonly string[]): void {
  const apt = findCommand('apt-get')
  if (!apt) {
    throw new CommandFailure('E-NO-APT', `this machine has no apt-get, and needs ${packages.join(', ')}`,
      `install them with the system's own package manager and run the command again`, exitCode.missing)
  }
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '-y', '--no-install-recommends', ...packages]
  let result = spawnSync(apt, install, { env: environment, encoding: 'utf8' })
  if (result.status !== 0) {
    // A fresh machine may have no (or an old) list of packages.
    const update = spawnSync(apt, ['update'], { env: environment, encoding: 'utf8' })
    if (update.status === 0) result = spawnSync(apt, install, { env: environment, encoding: 'utf8' })
    else result = update
  }
  if (result.status !== 0) {
    const words = `${result.stderr}${result.stdout}`.trim().split('\n').slice(-3).join(' / ')
    throw new CommandFailure('E-INSTALL', `apt-get could not install ${packages.join(' ')}: ${words}`,
      `apt-get update && apt-get ${install.join(' ')}`, exitCode.missing)
  }
}

export interface KernelProblem {
  readonly id: string
  readonly message: string
  readonly cure: string
}

/** Kernel features without which pods or Services cannot work. */
export function kernelProblems(): KernelProblem[] {
  const problems: KernelProblem[] = []
  const filesystems = readText('/proc/filesystems')
  if (!/\boverlay$/m.test(filesystems) && spawnSync('modprobe', ['overlay']).status !== 0) {
    problems.push({ id: 'E-KERNEL-OVERLAY', message: 'the kernel has no overlayfs', cure: 'modprobe overlay, or use a kernel with CONFIG_OVERLAY_FS' })
  }
  if (!existsSync('/sys/fs/cgroup/cgroup.controllers') && !existsSync('/sys/fs/cgroup/memory') && !existsSync('/sys/fs/cgroup/unified')) {
    problems.push({ id: 'E-KERNEL-CGROUP', message: 'no cgroup hierarchy is mounted at /sys/fs/cgroup', cure: 'mount -t cgroup2 none /sys/fs/cgroup' })
  }
  const nft = findCommand('nft')
  if (nft) {
    const result = spawnSync(nft, ['list', 'tables'], { encoding: 'utf8' })
    if (result.status !== 0) {
      problems.push({ id: 'E-KERNEL-NFTABLES', message: `the kernel refuses nftables: ${result.stderr.trim()}`, cure: 'modprobe nf_tables, or use a kernel with CONFIG_NF_TABLES' })
    }
  }
  return problems
}

/** Whether this process may lower oom_score_adj; containerd must leave it alone otherwise (CAP_SYS_RESOURCE is bit 24). */
export function canAdjustOomScore(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readText('/proc/self/status'))?.[1]
  return effective !== undefined && (BigInt(`0x${effective}`) >> 24n & 1n) === 1n
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not Linux, or /proc is not mounted: then nothing of it is there.
    return ''
  }
}
