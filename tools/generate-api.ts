/**
 * Makes src/api/gen from upstream's Go sources: `node tools/generate-api.ts --sources DIR`. Run by hand; its
 * output is committed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { apiregistrationFiles } from './generate-api/apiregistration.ts'
import {
  asAutoscalingV2beta2,
  autoscalingLifecycles,
  autoscalingV2beta1Files,
} from './generate-api/autoscaling-betas.ts'
import { checkAgainstProto } from './generate-api/check-proto.ts'
import { collectEntries } from './generate-api/collect.ts'
import { emitCri } from './generate-api/emit-cri.ts'
import { emitTable, emitTableModule } from './generate-api/emit-table.ts'
import { emitTypes } from './generate-api/emit-types.ts'
import { parseGoPackage, type GoFile, type GoPackage } from './generate-api/go-source.ts'
import { emitLifecycles, readLifecycles, type Lifecycle } from './generate-api/lifecycle.ts'
import type { Universe } from './generate-api/model.ts'
import { apiregistrationPackage, autoscalingBetaPackages, packages } from './generate-api/packages.ts'

function readPackage(sources: string, path: string): GoPackage {
  if (path === apiregistrationPackage) return parseGoPackage(path, apiregistrationFiles)
  if (path === autoscalingBetaPackages.v2beta1) return parseGoPackage(path, autoscalingV2beta1Files)
  if (path === autoscalingBetaPackages.v2beta2) {
    return parseGoPackage(path, asAutoscalingV2beta2(readFiles(join(sources, 'k8s.io/api/autoscaling/v2'))))
  }
  return parseGoPackage(path, readFiles(join(sources, path)))
}

function readFiles(directory: string): readonly GoFile[] {
  return readdirSync(directory)
    .filter(
      (name) =>
        name.endsWith('.go') && !/_test\.go$|^generated\.pb\.go$|^zz_generated\.(?!model_name)|swagger_doc/.test(name),
    )
    .toSorted()
    .map((name) => ({ name, text: readFileSync(join(directory, name), 'utf8') }))
}

/** Path in the repository → content, for everything that is generated. */
export function generate(sources: string): ReadonlyMap<string, string> {
  const universe: Universe = { packages: new Map(packages.map(({ path }) => [path, readPackage(sources, path)])) }
  const output = new Map<string, string>()
  for (const { path, file, served } of packages) {
    if (served) output.set(`src/api/gen/${file}.ts`, emitTypes(universe, universe.packages.get(path)!))
  }
  const { served, unserved } = collectEntries(universe)
  const problems = checkAgainstProto([...served, ...unserved], readProtoFiles(sources))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const lines = new Map([...served, ...unserved].map(({ struct }, index) => [struct.name, index]))
  output.set(
    'src/api/gen/schema-table.ts', emitTableModule('schemaTable', 'the Go sources of k8s.io', emitTable(served, lines)),
  )
  output.set(
    'tests/compatibility/gen/unserved-schema-table.ts',
    emitTableModule('unservedSchemaTable', 'the Go sources of k8s.io', emitTable(unserved, lines)),
  )
  output.set('src/api/gen/lifecycles.ts', emitLifecycles(readAllLifecycles(sources, universe)))
  output.set(
    'src/host/container-runtime/gen/cri-schema.ts',
    emitCri(readFileSync(join(sources, 'k8s.io/cri-api/pkg/apis/runtime/v1/api.proto'), 'utf8')),
  )
  return output
}

function readAllLifecycles(sources: string, universe: Universe): ReadonlyMap<string, Lifecycle> {
  const all = new Map<string, Lifecycle>(Object.entries(autoscalingLifecycles))
  for (const { path, served } of packages) {
    const file = join(sources, path, 'zz_generated.prerelease-lifecycle.go')
    if (!served || !existsSync(file)) continue
    const prefix = `${universe.packages.get(path)!.group}/${path.slice(path.lastIndexOf('/') + 1)}`
    for (const [kind, lifecycle] of readLifecycles(readFileSync(file, 'utf8'))) all.set(`${prefix}/${kind}`, lifecycle)
  }
  return all
}

function readProtoFiles(sources: string): string[] {
  return packages
    .map(({ path }) => join(sources, path, 'generated.proto'))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { sources: { type: 'string' } } })
  if (!values.sources) throw new Error('--sources DIR is required')
  for (const [path, content] of generate(values.sources)) {
    const target = join(import.meta.dirname, '..', path)
    mkdirSync(join(target, '..'), { recursive: true })
    writeFileSync(target, content)
  }
}
