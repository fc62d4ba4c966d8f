/**
 * What the bundle starts: a program of one text, which V8 need not compile again because what it made of it before is
 * kept beside it. Node's own cache of compiled code would do the same in twice the time (docs/decisions/0018).
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'

/** What a program may know and do about its own compiled code. */
export interface CompiledCode {
  /** Whether any was there when it started. */
  readonly isKept: boolean
  /** Writes down what is compiled by now, for the next start; unless that is hardly more than what lies there. */
  keep(): void
}

/** A program's file exports this, as `run`; it deals with its own failures. */
export type Run = (code: CompiledCode) => Promise<void>

/** The program's file beside this one, whose name tells one text from another; put in here by tools/bundle.ts. */
declare const programFile: string

type Program = (exports: object, module: { exports: { readonly run?: Run } }) => void

const file = join(__dirname, programFile)
const codeFile = `${file}.code`
/** Of what lies there and V8 takes. */
let keptBytes = 0

const script = compile(readKept())
const module: Parameters<Program>[1] = { exports: {} }
;(script.runInThisContext() as Program)(module.exports, module)
void module.exports.run!({ isKept: keptBytes > 0, keep })

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

function keep(): void {
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
