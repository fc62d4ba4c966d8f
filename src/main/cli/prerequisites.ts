/** What a machine must have before a cluster with real containers can run on it, and how it gets it. */
import { execFile } from 'node:child_process'
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
  {
    name: 'containerd',
    debianPackage: 'containerd',
    why: 'runs the containers',
    isPresent: () => findCommand('containerd') !== undefined,
  },
  {
    name: 'runc',
    debianPackage: 'runc',
    why: 'starts the containers',
    isPresent: () => findCommand('runc') !== undefined,
  },
  {
    name: 'CNI plugins',
    debianPackage: 'containernetworking-plugins',
    why: 'connect pods to the network',
    isPresent: () => findPluginDirectory() !== undefined,
  },
  { name: 'nft', debianPackage: 'nftables', why: 'routes Services', isPresent: () => findCommand('nft') !== undefined },
  {
    name: 'ip',
    debianPackage: 'iproute2',
    why: 'sets up the pod network',
    isPresent: () => findCommand('ip') !== undefined,
  },
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
  return pluginDirectories.find((directory) =>
    ['bridge', 'host-local', 'loopback'].every((plugin) => existsSync(join(directory, plugin))),
  )
}

export function missingRequirements(): Requirement[] {
  return requirements.filter((requirement) => !requirement.isPresent())
}

/** Installs Debian packages. Throws CommandFailure with the installer's last words. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const apt = findCommand('apt-get')
  if (!apt) {
    throw new CommandFailure('E-NO-APT', `this machine has no apt-get, and needs ${packages.join(', ')}`,
      `install them with the system's own package manager and run the command again`, exitCode.missing)
  }
  // Another package manager at work is waited for.
  const install = ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages]
  let words = await runApt(apt, install)
  // A fresh machine may have no (or an old) list of packages.
  if (words !== undefined) words = await runApt(apt, ['update']) ?? await runApt(apt, install)
  if (words !== undefined) {
    throw new CommandFailure('E-INSTALL', `apt-get could not install ${packages.join(' ')}: ${words}`,
      `apt-get update && apt-get install -y ${packages.join(' ')}`, exitCode.missing)
  }
}

const installLimitMs = 15 * 60_000
const outputLimitBytes = 16 * 1024 * 1024

/** Gives undefined on success, else its last words. */
function runApt(apt: string, words: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return new Promise((resolve) => {
    execFile(apt, words, { env, timeout: installLimitMs, maxBuffer: outputLimitBytes }, (error, stdout, stderr) => {
      resolve(error ? `${stdout}${stderr}`.trim().split('\n').slice(-3).join(' / ') || error.message : undefined)
    })
  })
}

/**
 * Whether this process may lower oom_score_adj; containerd must leave it alone otherwise (CAP_SYS_RESOURCE is bit 24).
 */
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
