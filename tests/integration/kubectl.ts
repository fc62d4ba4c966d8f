/** Our own kubectl in the test's process, on one cluster: each line gives what a shell would see. */
import { createHttpClient } from '#host/http/client.ts'
import type { Environment } from '#kubectl/environment.ts'
import { runKubectl } from '#kubectl/kubectl.ts'
import { systemEnvironment } from '#main/kubectl.ts'

export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Kubectl extends Disposable {
  run(...words: readonly string[]): Promise<Run>
  /** With this on standard input. */
  feed(input: string, ...words: readonly string[]): Promise<Run>
}

export function createKubectl(kubeconfig: string): Kubectl {
  const http = createHttpClient()
  const run = async (input: string, words: readonly string[]): Promise<Run> => {
    const output: string[] = []
    const errors: string[] = []
    const environment: Environment = {
      ...systemEnvironment(http, new AbortController().signal), variables: { KUBECONFIG: kubeconfig }, isTerminal: false,
      output: async (text) => { output.push(typeof text === 'string' ? text : new TextDecoder().decode(text)) },
      error: (text) => { errors.push(text) },
      readInput: async () => new TextEncoder().encode(input),
    }
    const code = await runKubectl(words, environment)
    return { code, stdout: output.join(''), stderr: errors.join('') }
  }
  return {
    run: (...words) => run('', words),
    feed: (input, ...words) => run(input, words),
    [Symbol.dispose]: () => http[Symbol.dispose](),
  }
}

/** What differs from run to run: ages, times, uids, versions, addresses, generated names. */
export function mask(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/\b\d+[smhd](\d+[smhd])?\b/g, 'AGE').replace(/AGE +/g, 'AGE ')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME').replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} [+-]\d{4}/g, 'DATE')
    .replace(/resourceVersion"?: "?\d+"?/g, 'RV').replace(/\b10\.\d+\.\d+\.\d+\b( *)/g, 'ADDRESS ')
}
