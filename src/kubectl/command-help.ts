/** What `--help` prints for one command. */
import type { Command } from './command.ts'
import type { FlagSpecifications } from './pflag.ts'

export function formatHelp(command: Command, path: string): string {
  const subcommands = Object.entries(command.subcommands ?? {}).map(
    ([name, { summary }]) => `  ${name.padEnd(15)} ${summary}\n`,
  )
  return [
    `${command.summary}.\n\n`,
    subcommands.length > 0 ? `Commands:\n${subcommands.join('')}\n` : '',
    command.flags ? `Options:\n${formatFlags(command.flags)}\n` : '',
    `Usage:\n  ${path} ${command.usage}\n\nUse "kubectl --help" for the flags that every command has.\n`,
  ].join('')
}

export function formatFlags(flags: FlagSpecifications): string {
  return Object.entries(flags).map(([name, { shorthand, type, default: initial, usage }]) => {
    const written = shorthand === undefined || shorthand === name ? `    --${name}` : `-${shorthand}, --${name}`
    const value =
      type === 'bool' ? `=${initial ?? 'false'}` : initial === undefined ? ` ${type.toUpperCase()}` : `=${initial}`
    return `  ${written}${value}\n        ${usage}\n`
  }).join('')
}
