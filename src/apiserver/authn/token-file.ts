/** Static tokens, `token,user,uid[,"group,group"]` a line: upstream's --token-auth-file. Off unless asked for. */
import { equalBytesConstantTime, utf8Encode } from '#base/bytes.ts'
import type { TokenAuthenticator, UserInfo } from './authenticator.ts'

/** Throws for a line with fewer than three columns or an empty token. */
export function parseTokenFile(text: string): ReadonlyMap<string, UserInfo> {
  const users = new Map<string, UserInfo>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [token, name, uid, groups = ''] = columnsOf(line)
    if (!token || !name || uid === undefined) {
      throw new Error(`token file, line ${index + 1}: expected at least token, user name and uid`)
    }
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
