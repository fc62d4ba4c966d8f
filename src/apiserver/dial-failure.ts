/** Connections that did not come to be, in the words of Go's net package. */

const dialFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused', EHOSTUNREACH: 'connect: no route to host', ETIMEDOUT: 'i/o timeout',
}

/** What Go's net package says of a connection that did not come to be; other errors in their own words. */
export function dialFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [, fault = '', address] = /^connect (E[A-Z]+) (\S+)/.exec(message) ?? []
  const said = dialFaults[fault]
  return said === undefined ? message : `dial tcp ${address}: ${said}`
}
