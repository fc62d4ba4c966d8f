/** What simulated containers do: by their image, or by a command that is simple enough to be understood. */
import type { ContainerConfig } from '#world/container-runtime.ts'

export interface ContainerScript {
  /** undefined: runs until it is told to stop. */
  readonly exitsAfterMs?: number | undefined
  readonly exitCode?: number | undefined
  readonly reason?: string | undefined
  /** Starting fails with this sentence. */
  readonly startError?: string | undefined
  /** How long it takes to end after SIGTERM; Infinity: only SIGKILL helps. */
  readonly stopsAfterMs?: number | undefined
  /** What commands in it answer. Default: success without output. */
  readonly exec?:
    | ((command: readonly string[]) => {
        readonly exitCode: number
        readonly stdout?: string
        readonly stderr?: string
      })
    | undefined
  /** Lines that it writes when it starts. */
  readonly output?: readonly string[] | undefined
  /** What it leaves in its termination message file. */
  readonly terminationMessage?: string | undefined
}

export interface ImageScript {
  readonly pullMs?: number
  /** Pulling fails with this sentence. */
  readonly pullError?: string
  /** On every node from the start. */
  readonly preloaded?: boolean
  readonly sizeBytes?: number
  readonly uid?: number
  readonly container?: (config: ContainerConfig) => ContainerScript
}

/** By image name. undefined: the registry has no such image. */
export type ImageCatalog = (image: string) => ImageScript | undefined

/**
 * Every name exists and pulls in no time, but those whose path contains `missing`; containers do what their command
 * says.
 */
export const defaultCatalog: ImageCatalog = (image) =>
  image.includes('missing') ? undefined : { container: interpretCommand }

/**
 * Understands `sleep N`, `true`, `false`, `exit N`, `echo …` and sequences of them in `sh -c`. Anything else, and an
 * image's own
 * command, runs until it is stopped.
 */
export function interpretCommand(config: Pick<ContainerConfig, 'command' | 'args'>): ContainerScript {
  const words = [...config.command, ...config.args]
  const shell = /(^|\/)(sh|bash|ash)$/.test(words[0] ?? '') && words[1] === '-c'
  const statements = (shell ? words.slice(2).join(' ') : words.join(' '))
    .split(/;|&&|\n/)
    .map((text) => text.trim())
    .filter((text) => text !== '')
  let elapsedMs = 0
  let exitCode = 0
  const output: string[] = []
  for (const statement of statements.length > 0 ? statements : ['forever']) {
    const [name = '', argument = ''] = statement.split(/\s+/)
    if (name === 'sleep' && Number.isFinite(Number.parseFloat(argument))) {
      elapsedMs += Number.parseFloat(argument) * 1000
    } else if (name === 'echo') output.push(statement.slice(5).replace(/^(['"])(.*)\1$/, '$2'))
    else if (name === 'exit') return { exitsAfterMs: elapsedMs, exitCode: Number.parseInt(argument || '0', 10), output }
    else if (name === 'true') exitCode = 0
    else if (name === 'false') exitCode = 1
    else return { output }
  }
  return { exitsAfterMs: elapsedMs, exitCode, output }
}
