/** The `skiff` command from the sources. */
import { run } from './skiff-program.ts'

await run({ isKept: true, keep: () => undefined })
