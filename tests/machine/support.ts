/** A real cluster for machine tests: made by ./skiff up under a name of its own, used through an unmodified kubectl. */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { debianProgram, ensureInstalled } from '../../tools/debian-tool.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const outputLimitBytes = 64 * 1024 * 1024

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface MachineCluster extends AsyncDisposable {
  readonly name: string
  readonly home: string
  skiff(...words: readonly string[]): Promise<Outcome>
  /** Gives standard output; throws with standard error when kubectl fails. */
  kubectl(...words: readonly string[]): Promise<string>
  tryKubectl(...words: readonly string[]): Promise<Outcome>
  apply(manifest: string): Promise<string>
  /** Runs in the background until disposed; collects what it prints. */
  follow(...words: readonly string[]): { readonly text: () => string } & Disposable
}

/** Of which release: Debian's own packages of trixie (1.32) and sid (1.36). */
export function kubectlOf(release: '1.32' | '1.36'): string {
  ensureInstalled({ curl: 'curl' })
  return debianProgram('kubectl', release === '1.32' ? 'trixie' : 'sid', 'usr/bin/kubectl')
}

export async function startMachineCluster(name: string, options: { readonly up?: readonly string[]; readonly kubectl?: string } = {}): Promise<MachineCluster> {
  const home = mkdtempSync(join(tmpdir(), `${name}-`))
  const kubectl = options.kubectl ?? kubectlOf('1.32')
  const environment = { ...process.env, HOME: home, KUBECONFIG: join(home, '.kube/config'), SUDO_USER: '' }
  const skiff = (...words: readonly string[]): Promise<Outcome> => run(join(root, 'skiff'), [...words, '--name', name], environment)
  const tryKubectl = (...words: readonly string[]): Promise<Outcome> => run(kubectl, words, environment)
  // A cluster that an earlier, interrupted run left behind.
  await skiff('reset', '-q')
  const up = await skiff('up', ...(options.up ?? []))
  if (up.code !== 0) throw new Error(`skiff up failed (${up.code}):\n${up.stdout}${up.stderr}`)
  const useKubectl = async (...words: readonly string[]): Promise<string> => {
    const outcome = await tryKubectl(...words)
    if (outcome.code !== 0) throw new Error(`kubectl ${words.join(' ')} failed (${outcome.code}): ${outcome.stderr}${outcome.stdout}`)
    return outcome.stdout
  }
  return {
    name, home, skiff, tryKubectl,
    kubectl: useKubectl,
    apply(manifest) {
      const file = join(home, 'manifest.yaml')
      writeFileSync(file, manifest)
      return useKubectl('apply', '-f', file)
    },
    follow(...words) {
      const child = spawn(kubectl, words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString() })
      child.stderr.on('data', (chunk: Buffer) => { text += chunk.toString() })
      return { text: () => text, [Symbol.dispose]: () => { child.kill('SIGKILL') } }
    },
    async [Symbol.asyncDispose]() {
      const reset = await skiff('reset')
      rmSync(home, { recursive: true, force: true })
      // 5: a test has reset it already.
      if (reset.code !== 0 && reset.code !== 5) throw new Error(`skiff reset failed (${reset.code}):\n${reset.stdout}${reset.stderr}`)
    },
  }
}

export function run(program: string, words: readonly string[], env: NodeJS.ProcessEnv = process.env, timeoutMs = 180_000): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, words, { env, maxBuffer: outputLimitBytes, timeout: timeoutMs }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0
      resolve({ code, stdout, stderr: error && error.killed ? `${stderr}\n(timed out after ${timeoutMs} ms)` : stderr })
    })
  })
}

/** Asks again until `check` holds; for facts of the world that nobody announces (an HTTP answer, a process list). */
export async function eventually<T>(what: string, timeoutMs: number, check: () => Promise<T | undefined | false>): Promise<T> {
  const until = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const value = await check()
      if (value !== undefined && value !== false) return value
      last = value
    } catch (error) {
      last = error
    }
    if (performance.now() > until) throw new Error(`not within ${timeoutMs} ms: ${what} (last: ${String(last)})`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
