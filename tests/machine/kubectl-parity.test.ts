/** Upstream's kubectl and ours, the same lines on one simulated cluster: output, errors and exit codes are equal. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Cluster } from '#main/library.ts'
import { createKubectl, type Kubectl, mask } from '../integration/kubectl.ts'
import { kubectlOf, run } from './support.ts'

let cluster: Cluster
let ours: Kubectl
let directory: string
let upstream: string

const podManifest = `apiVersion: v1
kind: Pod
metadata: {name: full, annotations: {long: "line1\\nline2"}, labels: {x: z}}
spec:
  initContainers: [{name: i, image: busybox, restartPolicy: Always, command: [sh, -c, "a\\nb"]}]
  containers:
  - name: c
    image: nginx
    ports: [{containerPort: 80, name: http}, {containerPort: 81}]
    resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {cpu: 1}}
    env: [{name: A, value: b}, {name: OWN_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    livenessProbe: {exec: {command: [a, b]}, initialDelaySeconds: 600}
    volumeMounts: [{name: e, mountPath: /e}]
  volumes: [{name: e, emptyDir: {}}]
  tolerations: [{key: a, operator: Exists}]
`

/** A request that nobody signs, for `certificate`. */
function requestManifest(): string {
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=jane']
  const request = execFileSync('openssl', ['req', '-new', ...options], { stdio: 'pipe' }).toString('base64')
  return JSON.stringify({
    apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'asked' },
    spec: { request, signerName: 'example.com/nobody', usages: ['client auth'] },
  })
}

before(async () => {
  cluster = await Cluster.start({ nodes: 2, https: true })
  directory = mkdtempSync(join(tmpdir(), 'kubectl-parity-'))
  const kubeconfig = join(directory, 'config')
  writeFileSync(kubeconfig, cluster.kubeconfig!)
  writeFileSync(join(directory, 'pod.yaml'), podManifest)
  writeFileSync(join(directory, 'request.yaml'), requestManifest())
  upstream = kubectlOf('1.36')
  ours = createKubectl(kubeconfig)
  for (const line of [
    'create deployment web --image=nginx --replicas=2', 'rollout status deploy/web', `create -f ${directory}/pod.yaml`,
    'create configmap settings --from-literal=a=b', 'create secret generic hidden --from-literal=a=b', 'expose deploy web --port=80',
    `create -f ${directory}/request.yaml`, 'certificate deny asked',
    'wait pod/full --for=jsonpath={.status.phase}=Running', 'create quota limits --hard=pods=100',
  ]) {
    const outcome = await theirs(line.split(' '))
    assert.equal(outcome.code, 0, `${line}: ${outcome.stderr}`)
  }
})

after(async () => {
  ours[Symbol.dispose]()
  await cluster[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

function theirs(words: readonly string[]): ReturnType<typeof run> {
  return run(upstream, words, { ...process.env, KUBECONFIG: join(directory, 'config'), HOME: directory })
}

/** None of these changes anything, so the order does not matter. Words are separated by spaces. */
const lines = [
  'get pods', 'get pods -o wide', 'get pods -A', 'get all', 'get nodes,ns', 'get nodes -o yaml', 'get deploy web -o json', 'get ns -o name',
  'get pods nope', 'get pods nope nope2 --ignore-not-found', 'get ns nope kube-system', 'get nope x', 'get po --foo', 'get po -Z', 'get po -o foo',
  'get pods --show-labels', 'get pods -L app', 'get pods --no-headers', 'get ns --sort-by=.metadata.name', 'get ns -o jsonpath={.items[*].metadata.name}',
  'get ns -o jsonpath={.items[0:2].metadata.name}', 'get ns -o custom-columns=NAME:.metadata.name,PHASE:.status.phase,X:.nope',
  'get -n=kube-system sa', '-n kube-system get sa', 'get po -nkube-system', 'get pods -n nope', 'get deployments.v1.apps web', 'get cs',
  'get pods --field-selector=foo=bar', 'get pods --field-selector=status.phase=Running -o name', 'get deploy web --subresource=scale',
  'get pods --as=bob', 'get --raw /version', 'get -f /nonexist', 'get',
  'describe pod full', 'describe deploy web', 'describe rs', 'describe node node-1', 'describe ns default', 'describe svc web', 'describe cm settings',
  'describe secret hidden', 'describe sa default', 'describe quota limits', 'describe pod nope', 'describe lease -n kube-node-lease',
  'create deployment d --image=nginx --port=80 --dry-run=client -o yaml', 'create deployment d --image=nginx --dry-run=client -o json',
  'create namespace x --dry-run=client -o yaml', 'create cm c --from-literal=a=b --dry-run=client -o yaml', 'create ns default',
  'create secret docker-registry s --docker-username=u --docker-password=p --dry-run=client -o yaml',
  'create service nodeport s --tcp=80:http --node-port=30000 --dry-run=client -o yaml', 'create job j --image=x --dry-run=client -o yaml -- a b',
  'create role r --verb=get,list --resource=pods,deploy.apps,pods/log --dry-run=client -o yaml',
  'create ingress i --rule=foo.com/a*=svc:http,tls=s --dry-run=client -o yaml', 'create pdb p --selector=a=b --min-available=1 --dry-run=client -o yaml',
  'create deployment d --image=nginx --dry-run=server', 'create deployment', 'create job j', 'create token nope',
  'delete cm nope', 'delete pods', 'delete deploy web --dry-run=server', 'delete pods --all --dry-run=client', 'delete',
  'scale deploy web --replicas=3 --dry-run=client', 'scale deploy web', 'scale deploy web --replicas=3 --current-replicas=7',
  'label cm settings a=b --dry-run=client', 'label cm settings', 'label cm settings a=b=c', 'annotate cm settings a=b --dry-run=server',
  'patch cm settings -p {"data":{"a":"c"}} --dry-run=client -o yaml', 'patch cm settings --type=foo -p {}', 'patch cm settings',
  'rollout status deploy/web', 'rollout history deploy/web', 'rollout history deploy/web --revision=1', 'rollout undo deploy/web --to-revision=77',
  'rollout restart cm/settings', 'wait deploy/web --for=condition=Available', 'wait deploy/web --for=foo', 'wait pods -l nope=x --for=condition=Ready',
  'cordon nope', 'cordon', 'taint node node-1 a=b:Foo', 'taint node node-1 a-', 'drain node-1 --dry-run=client',
  'api-resources', 'api-resources -o wide', 'api-resources -o name --namespaced=false', 'api-versions', 'cluster-info',
  'auth can-i get pods', 'auth can-i get pods --as=bob', 'auth can-i get nodes', 'auth can-i --list', 'auth whoami', 'top nodes',
  'config view', 'config get-contexts', 'config current-context', 'config get-clusters', 'config use-context nope',
  'explain pods.spec.containers', 'explain deploy --recursive', 'explain pod.spec.nope', 'explain foo', 'events -n nope',
  'explain cm.data', 'explain nodes.status', 'explain crd.spec.versions.schema.openAPIV3Schema', 'explain jobs --recursive',
  'explain hpa --api-version=autoscaling/v1', 'explain deploy --api-version=apps/v2', 'explain pods --output=x',
  'explain pods -o plaintext-openapiv2', 'explain deploy.spec.template --output=plaintext-openapiv2',
  'explain crd --recursive --output=plaintext-openapiv2', 'explain pods.spec.containers.image --output=plaintext-openapiv2',
  'explain cm.data --output=plaintext-openapiv2', 'explain pods.spec.nope --output=plaintext-openapiv2',
  'explain pods.spec.containers.resources.limits --output=plaintext-openapiv2',
  'expose deploy web --port=80 --dry-run=client -o yaml', 'expose node node-1 --port=1', 'run p --image=nginx --dry-run=client -o yaml', 'run p',
  'set image deploy/web nginx=nginx:2 --dry-run=client -o yaml', 'set image deploy/web foo=x', 'set env deploy/web --list',
  'autoscale deploy web --max=5 --dry-run=client', 'autoscale deploy web --min=2 --max=5 --cpu=70% --memory=1.5 --dry-run=server',
  'autoscale deploy web --max=5 --cpu=500m --dry-run=server', 'autoscale deploy web --max=5 --cpu-percent=80 --dry-run=client',
  'autoscale cm settings --max=2', 'autoscale deploy web', 'autoscale deploy web --max=0', 'autoscale deploy web --max=2 --min=3',
  'autoscale deploy web --max=2 --cpu=x', 'autoscale deploy web --max=2 --cpu=-1%', 'autoscale deploy nope --max=2', 'autoscale',
  'certificate approve', 'certificate approve nope', 'certificate deny asked --force', 'certificate approve asked',
  'logs nope', 'logs', 'logs deploy/web -c nope', 'rollout nope', 'gett',
]

for (const line of lines) {
  test(`kubectl ${line}`, async () => {
    const words = line.split(' ')
    const [expected, actual] = await Promise.all([theirs(words), ours.run(...words)])
    assert.deepEqual(
      { code: actual.code, stdout: mask(actual.stdout), stderr: withoutLog(mask(actual.stderr)) },
      { code: expected.code, stdout: mask(expected.stdout), stderr: withoutLog(mask(expected.stderr)) },
    )
  })
}

/** Go's log lines are not part of what kubectl says; suggestions come in no order. */
function withoutLog(text: string): string {
  const kept = text.split('\n').filter((line) => !/^[EIW]\d{4} /.test(line))
  return text.includes('Did you mean this?') ? kept.toSorted().join('\n') : kept.join('\n')
}
