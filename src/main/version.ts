/** What this program is. */
import type { ServerVersion } from '#apiserver/version.ts'

export const skiffVersion = '0.1.0'

/** What `/version` says. Clients compare major and minor with their own. */
export const serverVersion: ServerVersion = {
  major: '1',
  minor: '36',
  gitVersion: `v1.36.0+skiff.${skiffVersion}`,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-11-20T00:00:00Z',
  goVersion: `node ${process.version}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}
