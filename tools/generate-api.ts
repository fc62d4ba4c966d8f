/**
 * Makes src/api/gen from upstream's Go sources: `node tools/generate-api.ts --sources DIR`. Run by hand; its
 * output is committed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { apiregistrationFiles } from './generate-api/apiregistration.ts'
import { checkAgainstProto } from './generate-api/check-proto.ts'
import { collectEntries } from './generate-api/collect.ts'
import { emitCri } from './generate-api/emit-cri.ts'
import { emitTable, emitTableModule } from './generate-api/emit-table.ts'
import { emitTypes } from './generate-api/emit-types.ts'
import { parseGoPackage, type GoFile, type GoPackage } from './generate-api/go-source.ts'
import type { Universe } from './generate-api/model.ts'
import { apiregistrationPackage, packages } from './generate-api/packages.ts'

function readPackage(sources: string, path: string): GoPackage {
  if (path === apiregistrationPackage) return parseGoPackage(path, apiregistrationFiles)
  const directory = join(sources, path)
  const files: GoFile[] = readdirSync(directory)
    .filter(
      (name) =>
        /\.go$/.test(name) && !/_test\.go$|^generated\.pb\.go$|^zz_generated\.(?!model_name)|swagger_doc/.test(name),
    )
    .sort()
    .map((name) => ({ name, text: readFileSync(join(directory, name), 'utf8') }))
  return parseGoPackage(path, files)
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
  output.set(
    'src/host/container-runtime/gen/cri-schema.ts',
    emitCri(readFileSync(join(sources, 'k8s.io/cri-api/pkg/apis/runtime/v1/api.proto'), 'utf8')),
  )
  return output
}

function readProtoFiles(sources: string): string[] {
  return packages.filter(({ path }) => path !== apiregistrationPackage)
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
