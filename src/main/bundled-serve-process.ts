/**
 * The cluster's process as `skiff up` starts it from the bundle: its program is one text, which V8 need not compile
 * again because what it made of it is kept beside it. Node's own cache of compiled code would do the same in twice the
 * time (docs/decisions/0018).
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import type { runServeProgram } from './serve-program.ts'

/** The program's file beside this one, whose name tells one text from another; put in here by tools/bundle.ts. */
declare const programFile: string

type Program = (exports: { runServeProgram?: typeof runServeProgram }, module: object) => void

const file = join(__dirname, programFile)
const codeFile = `${file}.code`
/** Of what lies there and V8 takes. */
let keptBytes = 0
const script = compile(readKept())
const module: { exports: Parameters<Program>[0] } = { exports: {} }
;(script.runInThisContext() as Program)(module.exports, module)
void module.exports.runServeProgram!(keepCode)

function compile(kept: Buffer | undefined): Script {
  const compiled = new Script(readFileSync(file, 'latin1'), { filename: file, ...(kept && { cachedData: kept }) })
  keptBytes = kept && compiled.cachedDataRejected === false ? kept.length : 0
  return compiled
}

function readKept(): Buffer | undefined {
  try {
    return readFileSync(codeFile)
  } catch {
    return undefined
  }
}

/** Written again only by a start that compiled much more than those before it, as the first with a real node does. */
function keepCode(): void {
  const code = script.createCachedData()
  if (code.length < 1.1 * keptBytes) return
  keptBytes = code.length
  try {
    writeFileSync(`${codeFile}.${process.pid}`, code)
    renameSync(`${codeFile}.${process.pid}`, codeFile)
  } catch {
    // Whoever may not write there starts a little slower.
  }
}
