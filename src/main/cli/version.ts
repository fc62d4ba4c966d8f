/** `skiff version`. */
import { skiffVersion } from '../version.ts'
import { outputFlag, type Arguments, type FlagSpecification } from './arguments.ts'

export const versionFlags: Readonly<Record<string, FlagSpecification>> = {
  output: outputFlag,
}

export function version(flags: Arguments): void {
  const facts = {
    skiff: skiffVersion,
    kubernetes: 'v1.36',
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
  }
  if (flags.text('output') === 'json') process.stdout.write(`${JSON.stringify(facts)}\n`)
  else {
    process.stdout.write(
      `skiff ${facts.skiff} (Kubernetes ${facts.kubernetes} API, Node ${facts.node}, ${facts.platform})\n`,
    )
  }
}
