/** The cluster's process as `skiff up` starts it from the sources. */
import { flushCompileCache } from 'node:module'
import { run } from './serve-program.ts'

await run({ isKept: true, keep: flushCompileCache })
