/**
 * `/statusz` and `/flagz` (KEP-4827, KEP-4828): what runs here, and how it was started. As text for people, or as
 * objects of config.k8s.io for those who name them in full. Upstream's API server has no `/configz`, and so has this
 * one none.
 */
import { formatTime } from '#machinery/time.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpResponse } from '#world/http.ts'
import { jsonResponse, textResponse, type PathHandler } from './paths.ts'
import { parseAccept } from './rest/negotiate.ts'
import type { ServerVersion } from './version.ts'

export interface ZPagesOptions {
  readonly clock: Clock
  readonly version: ServerVersion
  /** Where else there is something to read. */
  readonly paths: readonly string[]
  /** By upstream's names of the flags; nothing that is secret. */
  readonly flags: Readonly<Record<string, string>>
}

export const zPaths: readonly string[] = ['/flagz', '/statusz']

const component = 'kube-apiserver'
const warning = 'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees '
  + 'and is for debugging purposes only.\n\n'

export function serveZPages(options: ZPagesOptions): PathHandler {
  const startedAt = options.clock.now()
  return ({ info, request }) => {
    if (info.type !== 'path') return undefined
    const accept = request.headers['accept']
    if (info.path === '/statusz') {
      const status = statusOf(options, startedAt)
      return answer('Statusz', accept, () => statusText(status, startedAt), status)
    }
    if (info.path === '/flagz') {
      const { flags } = options
      return answer('Flagz', accept, () => flagsText(flags), { flags })
    }
    return undefined
  }
}

function answer(kind: string, accept: string | undefined, text: () => string, structured: object): HttpResponse {
  const form = formFor(kind, accept)
  if (!form) return textResponse(406, 'only the following media types are accepted: text/plain, application/json\n')
  if (form === 'text') return textResponse(200, text())
  return jsonResponse(200, { kind, apiVersion: `config.k8s.io/${form}`, metadata: { name: component }, ...structured })
}

/** `text`, or the version of the object that is asked for. */
function formFor(kind: string, accept: string | undefined): string | undefined {
  if (accept === undefined || accept === '') return 'text'
  for (const { type, subtype, parameters } of parseAccept(accept)) {
    if (type === '*' || (type === 'text' && (subtype === '*' || subtype === 'plain'))) return 'text'
    const version = parameters.get('v') ?? ''
    const isVersion = version === 'v1beta1' || version === 'v1alpha1'
    const isWanted = parameters.get('g') === 'config.k8s.io' && parameters.get('as') === kind
    if (type === 'application' && subtype === 'json' && isVersion && isWanted) return version
  }
  return undefined
}

interface Status {
  readonly startTime: string
  readonly uptimeSeconds: number
  readonly goVersion: string
  readonly binaryVersion: string
  readonly emulationVersion: string
  readonly minimumCompatibilityVersion: string
  readonly paths: readonly string[]
}

function statusOf({ clock, version, paths }: ZPagesOptions, startedAt: number): Status {
  return {
    startTime: formatTime(startedAt),
    uptimeSeconds: Math.floor((clock.now() - startedAt) / 1000),
    goVersion: version.goVersion,
    binaryVersion: version.gitVersion.replace(/^v/, ''),
    emulationVersion: `${version.major}.${version.minor}`,
    minimumCompatibilityVersion: `${version.major}.${Number(version.minor) - 1}`,
    paths: [...new Set(paths.map((path) => `/${path.split('/')[1]}`))].toSorted(),
  }
}

function statusText(status: Status, startedAt: number): string {
  const { uptimeSeconds: up } = status
  const twoDigits = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `\n${component} statusz\n${warning}Started: ${unixDate(startedAt)}\n`
    + `Up: ${Math.floor(up / 3600)} hr ${twoDigits((up / 60) % 60)} min ${twoDigits(up % 60)} sec\n`
    + `Go version: ${status.goVersion}\nBinary version: ${status.binaryVersion}\n`
    + `Emulation version: ${status.emulationVersion}\nPaths: ${status.paths.join(' ')}\n`
}

function flagsText(flags: Readonly<Record<string, string>>): string {
  const lines = Object.keys(flags).toSorted().map((name) => `${name}=${flags[name]}\n`)
  return `\n${component} flags\n${warning}${lines.join('')}`
}

/** `Wed Oct 16 21:03:43 UTC 2024`, as date(1) writes it. */
function unixDate(time: number): string {
  const [weekday, day, month, year, clock] = new Date(time).toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${clock} UTC ${year}`
}
