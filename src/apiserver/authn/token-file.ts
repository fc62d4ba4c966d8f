/** Static tokens, `token,user,uid[,"group,group"]` a line: upstream's --token-auth-file. Off unless asked for. */
import { equalBytesConstantTime, utf8Encode } from '#base/bytes.ts'
import { ConfigurationError } from '../configuration-file.ts'
import type { TokenAuthenticator, UserInfo } from './authenticator.ts'

/**
 * `path` is for the messages. Lines without a token are left out. Throws ConfigurationError for one that is too short.
 */
export function parseTokenFile(text: string, path: string): ReadonlyMap<string, UserInfo> {
  const users = new Map<string, UserInfo>()
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const columns = columnsOf(line)
    const [token, name, uid, groups = ''] = columns
    if (token === undefined || name === undefined || uid === undefined) {
      throw new ConfigurationError(
        `token file '${path}' must have at least 3 columns (token, user name, user uid), found ${columns.length}`)
    }
    if (token === '') continue
    users.set(token, {
      name,
      uid,
      groups: [
        ...groups
          .split(',')
          .map((group) => group.trim())
          .filter((group) => group !== ''),
        'system:authenticated',
      ],
    })
  }
  return users
}

function columnsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim(),
  )
}

export function tokenFileAuthenticator(users: ReadonlyMap<string, UserInfo>): TokenAuthenticator {
  const entries = [...users].map(([token, user]) => ({ bytes: utf8Encode(token), user }))
  return {
    authenticateToken(token) {
      const given = utf8Encode(token)
      let found: UserInfo | undefined
      for (const { bytes, user } of entries) if (equalBytesConstantTime(given, bytes)) found = user
      return found && { user: found, audiences: [] }
    },
  }
}
