/** kubectl logs: of one container, all containers of a pod, or the pods of an object or a selector. */
import type { Query } from '#client/http-requests.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import { formatInstant, parseTime } from '#machinery/time.ts'
import { usageError, type Command, type CommandContext } from '../command.ts'
import { CommandError, plainMessage } from '../errors.ts'
import { nameOf, namespaceOf, textAt, type Json } from '../fields.ts'
import { selectorFlag } from '../flags.ts'
import { readLines } from '../operations.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { allContainerNames, chooseContainer, containerNames, podsOf } from '../pods.ts'
import { pathOf, requireResource } from '../resources.ts'
import { select } from '../selection.ts'

const usage = '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'

const flags = {
  ...selectorFlag,
  'all-containers': { type: 'bool', usage: "All containers' logs." },
  'all-pods': { type: 'bool', usage: 'The logs of all pods of the object, each line with its source.' },
  container: { type: 'string', shorthand: 'c', usage: 'The logs of this container.' },
  follow: { type: 'bool', shorthand: 'f', usage: 'Go on as the log grows.' },
  'ignore-errors': { type: 'bool', usage: 'Errors do not end the command.' },
  'insecure-skip-tls-verify-backend': { type: 'bool', usage: "Do not check the kubelet's certificate." },
  'limit-bytes': { type: 'int64', default: '0', usage: 'At most so many bytes; 0 is no limit.' },
  'max-log-requests': { type: 'int', default: '5', usage: 'How many logs may be followed at once.' },
  'pod-running-timeout': { type: 'duration', default: '20s', usage: 'How long to wait for a pod.' },
  prefix: { type: 'bool', usage: 'Begin each line with its pod and container.' },
  previous: { type: 'bool', shorthand: 'p', usage: 'Of the instance of the container before.' },
  since: { type: 'duration', default: '0s', usage: 'Only what is newer than 5s, 2m or 3h.' },
  'since-time': { type: 'string', usage: 'Only what is newer than a time (RFC3339).' },
  tail: { type: 'int64', default: '-1', usage: 'Only so many of the last lines; -1 is all, or 10 with a selector.' },
  timestamps: { type: 'bool', usage: 'Begin each line with its time.' },
} satisfies FlagSpecifications

export const logs: Command = {
  summary: 'Print the logs for a container in a pod',
  usage,
  flags,
  async run(context) {
    const query = readQuery(context)
    const sources = await findSources(context)
    const follow = context.flags.bool('follow')
    if (!follow || sources.length <= 1) {
      for (const source of sources) await printLog(context, source, query)
      return
    }
    const limit = context.flags.int('max-log-requests')
    if (sources.length > limit) {
      throw new CommandError(
        `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${limit}, use --max-log-requests to increase the limit`,
      )
    }
    await Promise.all(sources.map((source) => printLog(context, source, query)))
  },
}

interface Source {
  readonly pod: Json
  readonly container: string
}

function readQuery(context: CommandContext): Query {
  const { flags: given, words } = context
  const problem = `expected 'logs ${usage}'.\nPOD or TYPE/NAME is a required argument for the logs command`
  if (words.length > 2 || (words.length === 0 && given.string('selector') === '')) throw usageError(context, problem)
  if (words.length === 1 && given.string('selector') !== '') {
    throw usageError(context, 'only a selector (-l) or a POD name is allowed')
  }
  if (given.string('since-time') !== '' && given.duration('since') !== 0) {
    throw new CommandError('at most one of `sinceTime` or `sinceSeconds` may be specified')
  }
  const container = words[1] ?? given.string('container')
  if (given.bool('all-containers') && container !== '') {
    throw new CommandError(`--all-containers=true should not be specified with container name ${container}`)
  }
  if (given.changed('container') && words.length === 2) {
    throw new CommandError('only one of -c or an inline [CONTAINER] arg is allowed')
  }
  if (given.int('limit-bytes') < 0) throw new CommandError('--limit-bytes must be greater than 0')
  if (given.duration('since') < 0) throw new CommandError('--since must be greater than 0')
  if (given.int('tail') < -1) throw new CommandError('--tail must be greater than or equal to -1')
  const since = Math.round(given.duration('since') / 1000)
  const selected = given.string('selector') !== '' && !given.changed('tail')
  return {
    follow: given.bool('follow') || undefined,
    previous: given.bool('previous') || undefined,
    timestamps: given.bool('timestamps') || undefined,
    insecureSkipTLSVerifyBackend: given.bool('insecure-skip-tls-verify-backend') || undefined,
    limitBytes: given.int('limit-bytes') || undefined,
    sinceSeconds: since || undefined,
    sinceTime: given.string('since-time') === '' ? undefined : formatInstant(parseTime(given.string('since-time'))),
    tailLines: selected ? 10 : given.int('tail') === -1 ? undefined : given.int('tail'),
  }
}

async function findSources(context: CommandContext): Promise<readonly Source[]> {
  const { flags: given, session, words, environment } = context
  const allPods = given.bool('all-pods')
  const container = words[1] ?? given.string('container')
  if (given.string('selector') !== '') {
    const { infos, errors } = await select(session, { words: ['pods'], labelSelector: given.string('selector') })
    if (errors.length > 0) throw errors[0]
    if (infos.length === 0) environment.error(`No resources found in ${(await session.namespace()).name} namespace.\n`)
    return infos.flatMap(({ object }) => sourcesOf(context, object, container, allPods))
  }
  const object = await findObjectOf(context)
  if (textAt(object, 'kind') === 'Pod') return sourcesOf(context, object, container, allPods)
  const pods = await podsOf(context, object, given.duration('pod-running-timeout')).catch((error: unknown) => {
    if (error instanceof CommandError && /^(selector for|invalid service) /.test(error.message)) {
      throw new CommandError(`cannot get the logs from *v1.${textAt(object, 'kind')}: ${error.message}`, {
        cause: error,
      })
    }
    throw error
  })
  if (pods.length > 1 && allPods) return pods.flatMap((pod) => sourcesOf(context, pod, container, true))
  if (pods.length > 1) environment.error(`Found ${pods.length} pods, using pod/${nameOf(pods[0])}\n`)
  return sourcesOf(context, pods[0]!, container, allPods)
}

/** `NAME` is a pod's. */
async function findObjectOf({ session, words }: CommandContext): Promise<Json> {
  const word = words[0]!
  const { infos, errors } = await select(session, { words: word.includes('/') ? [word] : ['pods', word] })
  const [error] = errors
  if (error instanceof ApiError && error.reason === 'NotFound') {
    throw new CommandError(
      `error from server (NotFound): ${error.message} in namespace ${JSON.stringify((await session.namespace()).name)}`,
      { cause: error },
    )
  }
  if (error !== undefined) throw error
  return infos[0]!.object
}

function sourcesOf(context: CommandContext, pod: Json, wanted: string, allPods: boolean): readonly Source[] {
  if (context.flags.bool('all-containers')) return containerNames(pod).map((container) => ({ pod, container }))
  const container = chooseContainer(context, pod, wanted, allPods)
  if (!containerNames(pod).includes(container)) {
    throw new CommandError(
      `container ${container} is not valid for pod ${nameOf(pod)} out of: ${allContainerNames(pod)}`,
    )
  }
  return [{ pod, container }]
}

async function printLog(
  { session, environment, flags: given }: CommandContext,
  { pod, container }: Source,
  query: Query,
): Promise<void> {
  const requests = await session.requests()
  const resource = requireResource(await session.resources(), 'pods')
  const prefix = given.bool('prefix') || given.bool('all-pods') ? `[pod/${nameOf(pod)}/${container}] ` : ''
  const stream = requests.stream({
    path: pathOf(resource, namespaceOf(pod), nameOf(pod), 'log'),
    query: { container, ...query },
    accept: 'application/json, */*',
    signal: environment.signal,
  })
  try {
    // Whole lines, so that logs that are followed together do not mix within one.
    if (given.bool('follow') || prefix !== '') {
      for await (const line of readLines(stream)) await environment.output(`${prefix}${line}\n`)
    } else for await (const chunk of stream) await environment.output(chunk)
  } catch (error) {
    if (environment.signal.aborted) return
    if (!given.bool('ignore-errors')) throw error
    await environment.output(`error: ${plainMessage(error)}\n`)
  }
}
