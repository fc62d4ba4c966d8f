/**
 * Brings a program from a newer Debian than this machine's, unpacked beside the project, without touching the system.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * The path of `program` from package `name` of Debian's `suite`; downloaded once into .skiff/debian/.
 * Uses the mirror that this machine's own apt is set up with. Throws with apt's words.
 */
export function debianProgram(name: string, suite: string, program: string): string {
  const directory = join(root, '.skiff/debian', `${name}-${suite}`)
  const target = join(directory, 'unpacked', program)
  if (existsSync(target)) return target
  process.stderr.write(`fetching ${name} from Debian ${suite} ...\n`)
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'unpacked']) {
    mkdirSync(join(directory, part), { recursive: true })
  }
  writeFileSync(
    join(directory, 'sources.list'),
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror()} ${suite} main\n`,
  )
  writeFileSync(join(directory, 'status'), '')
  writeFileSync(
    join(directory, 'apt.conf'),
    [
      `Dir::State "${directory}/state";`,
      `Dir::State::status "${directory}/status";`,
      `Dir::Cache "${directory}/cache";`,
      `Dir::Etc::sourcelist "${directory}/sources.list";`,
      'Dir::Etc::sourceparts "/dev/null";',
      'APT::Sandbox::User "root";',
    ].join('\n'),
  )
  const environment = { ...process.env, APT_CONFIG: join(directory, 'apt.conf') }
  run('apt-get', ['update'], directory, environment)
  run('apt-get', ['download', name], directory, environment)
  const archive = readdirSync(directory).find((file) => file.endsWith('.deb'))
  if (!archive) throw new Error(`apt-get downloaded nothing for ${name}`)
  run('dpkg-deb', ['-x', archive, 'unpacked'], directory, environment)
  if (!existsSync(target)) throw new Error(`${name} of ${suite} has no ${program}`)
  return target
}

/** Installs packages of this machine's own Debian when a command of theirs is missing. Needs root. */
export function ensureInstalled(commandsAndPackages: Readonly<Record<string, string>>): void {
  const missing = Object.entries(commandsAndPackages).filter(
    ([command]) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0,
  )
  install(missing.map(([, name]) => name))
}

/** The same for packages without a command. */
export function ensurePackages(names: readonly string[]): void {
  install(
    names.filter(
      (name) =>
        spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' }).stdout !== 'installed',
    ),
  )
}

function install(packages: readonly string[]): void {
  if (packages.length === 0) return
  process.stderr.write(`installing ${packages.join(' ')} from Debian ...\n`)
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update'], root, environment)
  run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], root, environment)
}

function mirror(): string {
  for (const file of aptSourceFiles()) {
    const text = readFileSync(file, 'utf8')
    const address = file.endsWith('.sources')
      ? /^URIs:\s*(\S+)/m.exec(text)?.[1]
      : /^deb\s+(?:\[[^\]]*\]\s+)?(\S*debian\S*)/m.exec(text)?.[1]
    if (address) return address
  }
  throw new Error('this machine has no Debian mirror set up for apt')
}

function aptSourceFiles(): string[] {
  const parts = '/etc/apt/sources.list.d'
  const some = existsSync(parts) ? readdirSync(parts).map((file) => join(parts, file)) : []
  return [
    ...some.filter((file) => file.endsWith('.sources')),
    '/etc/apt/sources.list',
    ...some.filter((file) => file.endsWith('.list')),
  ].filter((file) => existsSync(file))
}

function run(command: string, words: readonly string[], cwd: string, env: NodeJS.ProcessEnv): void {
  const result = spawnSync(command, words, { cwd, env, encoding: 'utf8' })
  if (result.status !== 0) {
    throw new Error(
      `${command} ${words.join(' ')} failed: ${(result.stderr || result.stdout || String(result.error)).trim().split('\n').slice(-3).join(' / ')}`,
    )
  }
}
