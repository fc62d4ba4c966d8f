/** etcd servers for tests: from this machine's Debian and from a newer one, alone or three together. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority, issueKey, loadAuthority, type CertifiedKey } from '#base/x509/authority.ts'
import type { ExtendedKeyUsage } from '#base/x509/extensions.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemRandom } from '#host/random.ts'
import { debianProgram, ensureInstalled } from '../../tools/debian-tool.ts'

export interface EtcdProgram {
  readonly path: string
  readonly version: string
}

export interface RunningEtcd {
  /** One for each member. */
  readonly urls: readonly string[]
  /** Kills a member, stops it (SIGSTOP) or lets it go on (SIGCONT). */
  signal(member: number, signal: NodeJS.Signals): void
  /** Starts a member again that was killed. */
  restart(member: number): void
  stop(): Promise<void>
}

/** Debian 12's etcd, and that of Debian 13 if its mirror can be reached. */
export function etcdPrograms(): readonly EtcdProgram[] {
  // The package begins a server of its own where there is a service manager; none of it is used here.
  ensureInstalled({ etcd: 'etcd-server' })
  const paths = ['etcd']
  try {
    paths.push(debianProgram('etcd-server', 'trixie', 'usr/bin/etcd'))
  } catch (error) {
    process.stderr.write(`no newer etcd: ${error instanceof Error ? error.message : String(error)}\n`)
  }
  return paths.map((path) => ({ path, version: versionOf(path) }))
}

function versionOf(path: string): string {
  const version = /^etcd Version: (\S+)/m.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]
  if (version === undefined) throw new Error(`${path} does not tell its version`)
  return version
}

export interface EtcdTls {
  readonly ca: string
  readonly server: CertifiedKey
  /** Of a client that is let in. */
  readonly client: CertifiedKey
  /** Of one from another authority. */
  readonly stranger: CertifiedKey
}

/** Certificates for a server on the loopback, and for clients of it. */
export function makeEtcdTls(): EtcdTls {
  const tools = { crypto: nodeCrypto, random: systemRandom }
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 }
  const [own, other] = ['etcd-ca', 'other-ca'].map((name) => createAuthority(tools, name, validity))
  const issue = (authority: CertifiedKey, commonName: string, usages: readonly ExtendedKeyUsage[]) =>
    issueKey(tools, loadAuthority(tools, authority), {
      subject: { commonName, organizations: [] }, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'],
      extendedKeyUsages: usages, ...validity,
    })
  return {
    ca: own!.certificate, server: issue(own!, 'etcd', ['server auth', 'client auth']),
    client: issue(own!, 'skiff', ['client auth']), stranger: issue(other!, 'skiff', ['client auth']),
  }
}

/** Resolves when it answers. Its data is gone when it has been stopped. */
export async function startEtcd(
  program: EtcdProgram, members = 1, flags: readonly string[] = [], tls?: EtcdTls,
): Promise<RunningEtcd> {
  const directory = mkdtempSync(join(tmpdir(), 'etcd-'))
  const ports = await freePorts(members * 2)
  const url = (index: number): string =>
    `${tls && index < members ? 'https' : 'http'}://127.0.0.1:${ports[index]}`
  const tlsFlags = tls ? writeTls(directory, tls) : []
  const cluster = Array.from({ length: members }, (_, i) => `m${i}=${url(members + i)}`).join(',')
  const start = (member: number): ChildProcess => spawn(program.path, [
    '--name', `m${member}`, '--data-dir', join(directory, `m${member}`),
    '--listen-client-urls', url(member), '--advertise-client-urls', url(member),
    '--listen-peer-urls', url(members + member), '--initial-advertise-peer-urls', url(members + member),
    '--initial-cluster', cluster, '--initial-cluster-token', directory, '--log-level', 'error', ...flags, ...tlsFlags,
  ], { stdio: 'ignore' })
  const running = Array.from({ length: members }, (_, member) => start(member))
  const urls = running.map((_, member) => url(member))
  await (tls ? isListening(ports[0]!) : Promise.all(urls.map(answers)))
  return {
    urls,
    signal: (member, signal) => { running[member]!.kill(signal) },
    restart: (member) => { running[member] = start(member) },
    async stop() {
      await Promise.all(running.map((child) => ended(child)))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function writeTls(directory: string, { ca, server }: EtcdTls): string[] {
  const write = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  return [
    '--cert-file', write('server.crt', server.certificate), '--key-file', write('server.key', server.key),
    '--trusted-ca-file', write('ca.crt', ca), '--client-cert-auth',
  ]
}

async function isListening(port: number): Promise<void> {
  const until = Date.now() + 20_000
  while (Date.now() < until) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
      socket.once('error', () => resolve(false))
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens at port ${port}`)
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

async function answers(url: string): Promise<void> {
  const until = Date.now() + 20_000
  for (;;) {
    const healthy = await fetch(`${url}/health`).then((response) => response.ok, () => false)
    if (healthy) return
    if (Date.now() > until) throw new Error(`etcd at ${url} does not answer`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>(
    (resolve) => { const server = createServer().listen(0, '127.0.0.1', () => resolve(server)) },
  )))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
