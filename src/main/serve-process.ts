/** The cluster's process as `skiff up` starts it from the sources; `bundled-serve-process.ts` is its twin. */
import { flushCompileCache } from 'node:module'
import { runServeProgram } from './serve-program.ts'

await runServeProgram(flushCompileCache)
