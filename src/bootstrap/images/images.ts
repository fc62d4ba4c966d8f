/** What is in the pause and demo images. Pure: the programs come in as bytes. */
import type { ImageDescription } from './archive.ts'
import { demoImageName, pauseImageName } from './names.ts'
import { pauseBinaryX64 } from './pause-binary.ts'
import type { TarEntry } from './tar.ts'

/** `busybox` is a static one for the same architecture; where there is no pause program for it, it sleeps instead. */
export function describePauseImage(architecture: string, busybox: Uint8Array): ImageDescription {
  const native = architecture === 'amd64'
  return {
    name: pauseImageName,
    architecture,
    files: native
      ? [{ type: 'file', path: 'pause', mode: 0o755, bytes: pauseBinaryX64() }]
      : [{ type: 'file', path: 'sleep', mode: 0o755, bytes: busybox }],
    command: [],
    entrypoint: native ? ['/pause'] : ['/sleep', '2147483647'],
    environment: ['PATH=/'],
    workingDirectory: '/',
    exposedPorts: [],
  }
}

const applets = [
  'sh',
  'ash',
  'cat',
  'chmod',
  'chown',
  'cp',
  'cut',
  'date',
  'dd',
  'df',
  'dirname',
  'du',
  'echo',
  'env',
  'expr',
  'false',
  'find',
  'free',
  'grep',
  'head',
  'hostname',
  'httpd',
  'id',
  'ifconfig',
  'ip',
  'kill',
  'killall',
  'ln',
  'ls',
  'md5sum',
  'mkdir',
  'mktemp',
  'mount',
  'mv',
  'nc',
  'netstat',
  'nslookup',
  'pgrep',
  'pidof',
  'ping',
  'pkill',
  'printenv',
  'printf',
  'ps',
  'pwd',
  'readlink',
  'rm',
  'rmdir',
  'sed',
  'seq',
  'sha256sum',
  'sleep',
  'sort',
  'stat',
  'stty',
  'sync',
  'tail',
  'tar',
  'tee',
  'telnet',
  'test',
  'time',
  'timeout',
  'top',
  'touch',
  'tr',
  'true',
  'tty',
  'umount',
  'uname',
  'uniq',
  'uptime',
  'vi',
  'watch',
  'wc',
  'whoami',
  'xargs',
  'yes',
]

/** Its server answers with the pod's name, so that one sees which pod of a Service answered. */
const startScript = `#!/bin/sh
[ -e /www/index.html ] || hostname > /www/index.html
# Process 1 gets no signal that it does not handle, and busybox's httpd handles none.
trap 'kill $server; exit 0' TERM INT
httpd -f -p "\${PORT:-80}" -h /www &
server=$!
wait $server
`

/**
 * Debian's busybox crashes at wget's -T (1.35, its option table has a hole there), and its shell takes its own applets
 * before any file of that name. So the applet is called wgeT in the image, which keeps the table of names in order, and
 * wget is a script.
 */
function renameWget(busybox: Uint8Array): Uint8Array | undefined {
  const names = [...'\0wget\0which\0'].map((character) => character.charCodeAt(0))
  for (let at = busybox.indexOf(0x77); at > 0; at = busybox.indexOf(0x77, at + 1)) {
    if (!names.every((byte, offset) => busybox[at - 1 + offset] === byte)) continue
    const renamed = busybox.slice()
    renamed[at + 3] = 'T'.charCodeAt(0)
    return renamed
  }
  return undefined
}

const wgetScript = `#!/bin/sh
limit=
count=$#
while [ $count -gt 0 ]; do
  word=$1
  shift
  case $word in
    -T|--timeout) limit=$1; shift; count=$((count - 1)) ;;
    -T*) limit=\${word#-T} ;;
    --timeout=*) limit=\${word#*=} ;;
    *) set -- "$@" "$word" ;;
  esac
  count=$((count - 1))
done
exec \${limit:+timeout "$limit"} busybox wgeT "$@"
`

export function describeDemoImage(architecture: string, busybox: Uint8Array): ImageDescription {
  const encoder = new TextEncoder()
  const renamed = renameWget(busybox)
  const directories = [
    'bin',
    'dev',
    'etc',
    'home',
    'proc',
    'root',
    'run',
    'sys',
    'usr',
    'usr/bin',
    'var',
    'var/run',
    'www',
  ]
  const files: TarEntry[] = [
    ...directories.map((path): TarEntry => ({ type: 'directory', path, mode: 0o755 })),
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'file', path: 'bin/busybox', mode: 0o755, bytes: renamed ?? busybox },
    ...applets.map((applet): TarEntry => ({ type: 'link', path: `bin/${applet}`, target: 'busybox' })),
    { type: 'link', path: 'usr/bin/env', target: '../../bin/busybox' },
    renamed
      ? { type: 'file', path: 'bin/wget', mode: 0o755, bytes: encoder.encode(wgetScript) }
      : { type: 'link', path: 'bin/wget', target: 'busybox' },
    { type: 'file', path: 'bin/start', mode: 0o755, bytes: encoder.encode(startScript) },
    {
      type: 'file',
      path: 'etc/passwd',
      mode: 0o644,
      bytes: encoder.encode('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
    },
    { type: 'file', path: 'etc/group', mode: 0o644, bytes: encoder.encode('root:x:0:\nnogroup:x:65534:\n') },
    { type: 'file', path: 'etc/nsswitch.conf', mode: 0o644, bytes: encoder.encode('hosts: files dns\n') },
  ]
  return {
    name: demoImageName, architecture, files,
    command: ['/bin/start'],
    environment: ['PATH=/bin:/usr/bin', 'HOME=/root'],
    workingDirectory: '/',
    exposedPorts: ['80/tcp'],
  }
}
