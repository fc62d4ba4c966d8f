/** Discovery and printed columns against upstream's surface, default and opted in, resource by resource. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRuntimeConfig } from '#api/runtime-config.ts'
import { servedKinds } from '#api/served-kinds.ts'
import { startTestServer, type TestServer } from '#apiserver/testing.ts'
import { optInSurface, upstreamSurface } from './upstream-surface.ts'

interface Resource {
  readonly name: string
  readonly singularName: string
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly namespaced: boolean
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly verbs: readonly string[]
  readonly storageVersionHash?: string
}

interface Column {
  readonly name: string
  readonly type: string
  readonly priority: number
}

interface AggregatedGroup {
  readonly metadata: { readonly name?: string }
  readonly versions: readonly {
    readonly version: string
    readonly resources: readonly { readonly resource: string }[]
  }[]
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const verbSets: Readonly<Record<string, string>> = {
  all: 'create,delete,deletecollection,get,list,patch,update,watch',
  rw: 'get,patch,update',
  connect: 'create,get',
  proxy: 'create,delete,get,patch,update',
}
const { send } = startTestServer()
const everything = startTestServer({ kinds: servedKinds(parseRuntimeConfig('api/all=true')) })

/** Group version → a line for each resource, each subresource and each list of columns, sorted. */
function parseSurface(text: string): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  let lines: string[] = []
  let resource = ''
  for (const line of text.trim().split('\n')) {
    const [mark = '', ...rest] = line.trim().split(' ')
    if (!line.startsWith(' ')) groups.set(line, lines = [])
    else if (mark === '/') lines.push(`${resource}/${rest.join(' ')}`)
    else if (mark !== '|') lines.push([resource = mark, ...rest].join(' '))
    else if (lines.at(-1)!.startsWith(`${resource} columns: `)) lines.push(`${lines.pop()!}, ${rest.join(' ')}`)
    else lines.push(`${resource} columns: ${rest.join(' ')}`)
  }
  for (const own of groups.values()) own.sort()
  return groups
}

const expected = parseSurface(upstreamSurface)
const optedIn = parseSurface(optInSurface)

async function served(server: Pick<TestServer, 'send'>, groupVersion: string): Promise<string[]> {
  const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`
  const { resources } = (await server.send('GET', path)).json as unknown as { readonly resources: readonly Resource[] }
  const lines = resources.map(describe)
  for (const { name, verbs } of resources) {
    const unknown = optedIn.get(groupVersion)?.includes(`${name} columns: ?`)
    const columns = unknown ? '?' : await columnsOf(server, `${path}/${name}`, verbs)
    if (columns) lines.push(`${name} columns: ${columns}`)
  }
  return lines.toSorted()
}

function describe(resource: Resource): string {
  const verbs = resource.verbs.join(',')
  const short = Object.entries(verbSets).find(([, set]) => set === verbs)?.[0] ?? verbs
  if (!resource.name.includes('/')) {
    assert.equal(resource.singularName, resource.kind.toLowerCase())
    return [
      resource.name, resource.kind, resource.namespaced ? 'namespaced' : 'cluster',
      resource.shortNames?.join(',') ?? '-', resource.categories?.join(',') ?? '-', short,
    ].join(' ')
  }
  assert.equal(resource.singularName, '')
  const foreign = resource.version ? `${resource.group ?? ''}/${resource.version}/` : ''
  const parent = parentKinds.get(resource.name.split('/')[0]!)
  return `${resource.name}=${short}${resource.kind === parent ? '' : `:${foreign}${resource.kind}`}`
}

/** Resource → its kind. */
const parentKinds = new Map([...expected.values(), ...optedIn.values()].flat()
  .filter((line) => /^\w+ [A-Z]/.test(line)).map((line) => line.split(' ') as [string, string]))

/** Undefined for what is not listed. */
async function columnsOf(
  server: Pick<TestServer, 'send'>, path: string, verbs: readonly string[],
): Promise<string | undefined> {
  if (!verbs.includes('list')) return undefined
  const { json } = await server.send('GET', path, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  const columns = json['columnDefinitions'] as readonly Column[]
  return columns.map(({ name, type, priority }) =>
    name + (type === 'string' ? '' : `:${type}`) + (priority > 0 ? '+' : '')).join(', ')
}

test('the groups and versions are upstream\'s, in its order', async () => {
  const { groups } = (await send('GET', '/apis')).json as unknown as {
    readonly groups: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[]
  }
  const versions = ['v1', ...groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion))]
  assert.deepEqual(versions, [...expected.keys()])
})

for (const [groupVersion, lines] of expected) {
  test(`${groupVersion} serves upstream's resources, verbs, names, subresources and columns`, async () => {
    assert.deepEqual(await served({ send }, groupVersion), lines)
  })
}

test('opting in adds upstream\'s groups and versions, and changes none of the others', async () => {
  const { groups } = (await everything.send('GET', '/apis')).json as unknown as {
    readonly groups: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[]
  }
  const versions = ['v1', ...groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion))]
  assert.deepEqual(versions.filter((version) => !expected.has(version)), [...optedIn.keys()])
  assert.deepEqual(versions.filter((version) => expected.has(version)).toSorted(), [...expected.keys()].toSorted())
})

for (const [groupVersion, lines] of [...optedIn, ...expected]) {
  test(`${groupVersion} serves upstream's resources where everything is served`, async () => {
    assert.deepEqual(await served(everything, groupVersion), lines)
  })
}

test('what is stored says as what, and nothing else does', async () => {
  for (const groupVersion of expected.keys()) {
    const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`
    const { resources } = (await send('GET', path)).json as unknown as { readonly resources: readonly Resource[] }
    for (const { name, verbs, storageVersionHash } of resources) {
      assert.equal(storageVersionHash !== undefined, verbs.includes('watch'), `${groupVersion} ${name}`)
    }
  }
})

test('aggregated discovery tells the same story', async () => {
  for (const [path, own] of [['/api', ['v1']], ['/apis', [...expected.keys()].slice(1)]] as const) {
    const { json } = await send('GET', path, undefined, { accept: aggregated })
    const groups = json['items'] as readonly AggregatedGroup[]
    const seen = groups.flatMap(({ metadata, versions }) => versions.map(({ version, resources }) => ({
      groupVersion: metadata.name ? `${metadata.name}/${version}` : version,
      names: resources.map(({ resource }) => resource),
    })))
    assert.deepEqual(seen.map(({ groupVersion }) => groupVersion), own)
    for (const { groupVersion, names } of seen) {
      const lines = expected.get(groupVersion)!.filter((line) => /^\w+ [A-Z]/.test(line))
      const listed = lines.map((line) => line.split(' ')[0])
      assert.deepEqual(names.toSorted(), listed.toSorted())
    }
  }
})
