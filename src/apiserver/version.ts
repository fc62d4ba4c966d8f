/** `/version`: what this server claims to be. */
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
