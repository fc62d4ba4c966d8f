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
  'sh', 'ash', 'cat', 'chmod', 'chown', 'cp', 'cut', 'date', 'dd', 'df', 'dirname', 'du', 'echo', 'env', 'expr', 'false', 'find', 'free', 'grep',
  'head', 'hostname', 'httpd', 'id', 'ifconfig', 'ip', 'kill', 'killall', 'ln', 'ls', 'md5sum', 'mkdir', 'mktemp', 'mount', 'mv', 'nc', 'netstat',
  'nslookup', 'pgrep', 'pidof', 'ping', 'pkill', 'printenv', 'printf', 'ps', 'pwd', 'readlink', 'rm', 'rmdir', 'sed', 'seq', 'sha256sum', 'sleep',
  'sort', 'stat', 'stty', 'sync', 'tail', 'tar', 'tee', 'telnet', 'test', 'time', 'timeout', 'top', 'touch', 'tr', 'true', 'tty', 'umount', 'uname',
  'uniq', 'uptime', 'vi', 'watch', 'wc', 'wget', 'whoami', 'xargs', 'yes',
]

/** Its server answers with the pod's name, so that one sees which pod of a Service answered. */
const startScript = `#!/bin/sh
[ -e /www/index.html ] || hostname > /www/index.html
exec httpd -f -p "\${PORT:-80}" -h /www
`

export function describeDemoImage(architecture: string, busybox: Uint8Array): ImageDescription {
  const encoder = new TextEncoder()
  const directories = ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'run', 'sys', 'usr', 'usr/bin', 'var', 'var/run', 'www']
  const files: TarEntry[] = [
    ...directories.map((path): TarEntry => ({ type: 'directory', path, mode: 0o755 })),
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'file', path: 'bin/busybox', mode: 0o755, bytes: busybox },
    ...applets.map((applet): TarEntry => ({ type: 'link', path: `bin/${applet}`, target: 'busybox' })),
    { type: 'link', path: 'usr/bin/env', target: '../../bin/busybox' },
    { type: 'file', path: 'bin/start', mode: 0o755, bytes: encoder.encode(startScript) },
    { type: 'file', path: 'etc/passwd', mode: 0o644, bytes: encoder.encode('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n') },
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
