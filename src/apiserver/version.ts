/** `/version`: what this server claims to be. */
import { formatLabels } from './metric-families.ts'
import { metricLines } from './metric-text.ts'
import { textResponse, type PathHandler } from './paths.ts'

export interface ServerVersion {
  readonly major: string
  readonly minor: string
  /** Semantic, with a leading `v`. */
  readonly gitVersion: string
  readonly gitCommit: string
  readonly gitTreeState: string
  /** RFC 3339. */
  readonly buildDate: string
  /** Where upstream names its Go: the runtime. */
  readonly goVersion: string
  readonly compiler: string
  /** `linux/amd64`. */
  readonly platform: string
}

export function serveVersion(version: ServerVersion): PathHandler {
  const { major, minor, ...rest } = version
  const previous = String(Number(minor) - 1)
  const whole = {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: previous,
    ...rest,
  }
  const response = textResponse(200, JSON.stringify(whole, undefined, 2), 'application/json')
  return ({ request }) => (request.path === '/version' || request.path === '/version/' ? response : undefined)
}

/** The same as a figure that is always 1, in Prometheus' text format. */
export function buildInfo(version: ServerVersion): string {
  const { buildDate, compiler, gitCommit, gitTreeState, gitVersion, goVersion, major, minor, platform } = version
  const labels = formatLabels({
    build_date: buildDate, compiler, git_commit: gitCommit, git_tree_state: gitTreeState, git_version: gitVersion,
    go_version: goVersion, major, minor, platform,
  })
  const help = "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree "
    + 'state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.'
  return `${metricLines('kubernetes_build_info', 'gauge', help, [[labels, 1]]).join('\n')}\n`
}
