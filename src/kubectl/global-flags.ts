/** The flags that every command has. */
import type { FlagSpecifications } from './pflag.ts'

export const globalFlags: FlagSpecifications = {
  as: { type: 'string', usage: 'Username to impersonate for the operation.' },
  'as-group': { type: 'stringArray', usage: 'Group to impersonate; may be repeated.' },
  'as-uid': { type: 'string', usage: 'UID to impersonate for the operation.' },
  'cache-dir': { type: 'string', usage: 'Accepted for compatibility; nothing is cached on disk.' },
  'certificate-authority': { type: 'string', usage: 'File with the certificate of the certificate authority.' },
  'client-certificate': { type: 'string', usage: 'File with a client certificate for TLS.' },
  'client-key': { type: 'string', usage: 'File with a client key for TLS.' },
  cluster: { type: 'string', usage: 'The kubeconfig cluster to use.' },
  context: { type: 'string', usage: 'The kubeconfig context to use.' },
  'disable-compression': { type: 'bool', usage: 'Do not ask for compressed answers.' },
  'insecure-skip-tls-verify': { type: 'bool', usage: "Do not check the server's certificate." },
  kubeconfig: { type: 'string', usage: 'The kubeconfig file to use.' },
  'match-server-version': { type: 'bool', usage: "Require the server's version to be the client's." },
  namespace: { type: 'string', shorthand: 'n', usage: 'The namespace of this request.' },
  password: { type: 'string', usage: 'Password for basic authentication.' },
  'request-timeout': {
    type: 'string',
    default: '0',
    usage: 'How long to wait for one request: 1s, 2m, 3h; 0 is no limit.',
  },
  server: { type: 'string', shorthand: 's', usage: 'The address and port of the API server.' },
  'tls-server-name': { type: 'string', usage: "The name in the server's certificate." },
  token: { type: 'string', usage: 'Bearer token for authentication.' },
  user: { type: 'string', usage: 'The kubeconfig user to use.' },
  username: { type: 'string', usage: 'Username for basic authentication.' },
  v: { type: 'int', shorthand: 'v', default: '0', usage: 'Number for the log level verbosity.' },
  'warnings-as-errors': { type: 'bool', usage: 'Treat warnings of the server as errors.' },
  help: { type: 'bool', shorthand: 'h', usage: 'Help for this command.' },
}
