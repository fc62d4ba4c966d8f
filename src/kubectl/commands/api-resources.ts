/** kubectl api-resources and api-versions: what the server serves. */
import { usageError, type Command } from '../command.ts'
import { CommandError } from '../errors.ts'
import { formatJson } from '../print/json.ts'
import { align, tableStyle } from '../print/tab-writer.ts'
import { apiVersionOf, preferredResources, resourceWithGroup, type Resource } from '../resources.ts'

export const apiResources: Command = {
  summary: 'Print the supported API resources on the server',
  usage: '[flags]',
  flags: {
    'api-group': { type: 'string', usage: 'Only this API group.' },
    cached: { type: 'bool', usage: 'Accepted for compatibility.' },
    categories: { type: 'stringSlice', usage: 'Only those of these categories.' },
    namespaced: {
      type: 'bool',
      default: 'true',
      usage: 'Only those in namespaces, or (false) only those that are not.',
    },
    'no-headers': { type: 'bool', usage: "Don't print headers." },
    output: { type: 'string', shorthand: 'o', usage: 'wide, name, json or yaml.' },
    'sort-by': { type: 'string', usage: 'name or kind.' },
    verbs: { type: 'stringSlice', usage: 'Only those with all these verbs.' },
  },
  async run(context) {
    const { flags, session, environment, words } = context
    if (words.length > 0) throw usageError(context, `unexpected arguments: [${words.join(' ')}]`)
    const [output, sortBy] = [flags.string('output'), flags.string('sort-by')]
    if (!['', 'name', 'kind'].includes(sortBy)) throw new CommandError('--sort-by accepts only name or kind')
    if (!['', 'wide', 'name', 'json', 'yaml'].includes(output)) {
      throw new CommandError(
        `unable to match a printer suitable for the output format "${output}", allowed formats are: json,name,wide,yaml`,
      )
    }
    const wanted = (resource: Resource): boolean =>
      resource.verbs.length > 0
      && (!flags.changed('api-group') || resource.group === flags.string('api-group'))
      && (!flags.changed('namespaced') || resource.namespaced === flags.bool('namespaced'))
      && flags.list('verbs').every((verb) => resource.verbs.includes(verb))
      && flags.list('categories').every((category) => resource.categories.includes(category))
    const key = (resource: Resource): string =>
      sortBy === 'name' ? resource.name : sortBy === 'kind' ? resource.kind : resource.group
    const resources = preferredResources(await session.resources())
      .filter(wanted)
      .toSorted((a, b) =>
        key(a) !== key(b) ? (key(a) < key(b) ? -1 : 1) : a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
      )
    if (resources.length === 0) return
    await environment.output(await formatResources(resources, output, flags.bool('no-headers')))
  },
}

async function formatResources(resources: readonly Resource[], output: string, noHeaders: boolean): Promise<string> {
  if (output === 'name') return resources.map((resource) => `${resourceWithGroup(resource)}\n`).join('')
  if (output === 'json' || output === 'yaml') {
    const list = {
      kind: 'APIResourceList', apiVersion: 'v1', groupVersion: '',
      resources: resources.map(
        ({ name, singular, namespaced, group, version, kind, verbs, shortNames, categories }) => ({
          name,
          singularName: singular,
          namespaced,
          ...(group !== '' && { group }),
          version,
          kind,
          verbs,
          ...(shortNames.length > 0 && { shortNames }),
          ...(categories.length > 0 && { categories }),
        }),
      ),
    }
    return output === 'json'
      ? `${formatJson(list, '    ', false)}\n`
      : (await import('#machinery/codec/yaml.ts')).encodeYamlValue(list)
  }
  const wide = output === 'wide'
  const headers = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])]
  const rows = resources.map((resource) => [
    resource.name, resource.shortNames.join(','), apiVersionOf(resource), String(resource.namespaced), resource.kind,
    ...(wide ? [resource.verbs.join(','), resource.categories.join(',')] : []),
  ])
  return align([...(noHeaders ? [] : [headers]), ...rows].map((cells) => `${cells.join('\t')}\n`).join(''), tableStyle)
}

export const apiVersions: Command = {
  summary: 'Print the supported API versions on the server, in the form of "group/version"',
  usage: '',
  async run(context) {
    const { session, environment, words } = context
    if (words.length > 0) throw usageError(context, `unexpected arguments: [${words.join(' ')}]`)
    const { groups } = await session.resources()
    const versions = groups.flatMap(({ group, versions: all }) =>
      all.map((version) => apiVersionOf({ group, version })),
    )
    await environment.output([...new Set(versions)].toSorted().map((version) => `${version}\n`).join(''))
  },
}
