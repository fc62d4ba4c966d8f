/** kubectl create role, clusterrole, rolebinding and clusterrolebinding. */
import { parseToLabelSelector } from '#machinery/meta/label-selector.ts'
import type { Command, CommandContext } from '../../command.ts'
import { createAndPrint, creationFlags, requireName, whenGiven } from '../../creation.ts'
import { CommandError } from '../../errors.ts'
import type { Json } from '../../fields.ts'
import type { FlagSpecifications } from '../../pflag.ts'
import { findResource, type ResourceCatalog } from '../../resources.ts'

const rbac = 'rbac.authorization.k8s.io'
const standardVerbs = [
  '*',
  'get',
  'delete',
  'list',
  'create',
  'update',
  'patch',
  'watch',
  'proxy',
  'deletecollection',
  'use',
  'bind',
  'approve',
  'sign',
  'escalate',
  'impersonate',
]
/** Verbs that only some resources know; these need not be in discovery. */
const specialVerbs: Readonly<Record<string, readonly string[]>> = {
  use: ['extensions/podsecuritypolicies', 'policy/podsecuritypolicies'],
  bind: [`${rbac}/roles`, `${rbac}/clusterroles`],
  escalate: [`${rbac}/roles`, `${rbac}/clusterroles`],
  impersonate: ['/users', '/serviceaccounts', '/groups', 'authentication.k8s.io/userextras'],
  approve: ['certificates.k8s.io/signers'],
  sign: ['certificates.k8s.io/signers'],
  request: ['networking.k8s.io/ingresses'],
}

const ruleFlags = {
  verb: { type: 'stringSlice', usage: 'Verbs of the rule.' },
  resource: { type: 'stringSlice', usage: 'Resources of the rule: pods, deployments.apps, pods/status.' },
  'resource-name': { type: 'stringArray', usage: 'Names that the rule is limited to; may be repeated.' },
} satisfies FlagSpecifications

interface Wanted {
  readonly group: string
  readonly resource: string
  readonly subresource: string
}

export const role: Command = {
  summary: 'Create a role with single rule',
  usage:
    'NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
  flags: { ...creationFlags, ...ruleFlags },
  async run(context) {
    const name = requireName(context)
    const verbs = readVerbs(context)
    if (verbs.length === 0) throw new CommandError('at least one verb must be specified')
    warnOfVerbs(context, verbs, standardVerbs)
    const wanted = readResources(context)
    if (wanted.length === 0) throw new CommandError('at least one resource must be specified')
    const rules = await planRules(context, verbs, wanted)
    await createAndPrint(context, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name }, rules })
  },
}

export const clusterRole: Command = {
  summary: 'Create a cluster role',
  usage: 'NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
  flags: {
    ...creationFlags, ...ruleFlags,
    'non-resource-url': { type: 'stringSlice', usage: 'Paths that are no resources.' },
    'aggregation-rule': { type: 'string', usage: 'Label selector of the cluster roles that this one consists of.' },
  },
  async run(context) {
    const { flags } = context
    const name = requireName(context)
    const verbs = readVerbs(context)
    const urls = flags.list('non-resource-url')
    const aggregation = flags.string('aggregation-rule')
    const wanted = readResources(context)
    if (aggregation !== '') {
      if (urls.length > 0 || verbs.length > 0 || wanted.length > 0 || flags.list('resource-name').length > 0) {
        throw new CommandError('aggregation rule must be specified without nonResourceURLs, resources or resourceNames')
      }
      const selector = Object.fromEntries(aggregation.split(',').map((pair) => pair.split('=') as [string, string]))
      await createAndPrint(context, {
        apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules: null,
        aggregationRule: {
          clusterRoleSelectors: [
            parseToLabelSelector(
              Object.entries(selector)
                .map(([key, value]) => `${key}=${value}`)
                .join(','),
            ),
          ],
        },
      })
      return
    }
    if (verbs.length === 0) throw new CommandError('at least one verb must be specified')
    if (wanted.length === 0 && urls.length === 0) {
      throw new CommandError('one of resource or nonResourceURL must be specified')
    }
    if (wanted.length > 0) warnOfVerbs(context, verbs, standardVerbs)
    const rules: Json[] = wanted.length > 0 ? [...await planRules(context, verbs, wanted)] : []
    if (urls.length > 0) rules.push({ verbs, nonResourceURLs: urls })
    await createAndPrint(context, { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules })
  },
}

/** Each once; `*` stands for all others. */
function readVerbs({ flags }: CommandContext): readonly string[] {
  const verbs = [...new Set(flags.list('verb'))]
  return verbs.includes('*') ? ['*'] : verbs
}

function warnOfVerbs({ environment }: CommandContext, verbs: readonly string[], standard: readonly string[]): void {
  for (const verb of verbs) {
    if (!standard.includes(verb)) environment.error(`Warning: '${verb}' is not a standard resource verb\n`)
  }
}

function readResources({ flags }: CommandContext): readonly Wanted[] {
  return flags.list('resource').map((word) => {
    const [resource = '', ...subresource] = word.split('/')
    const dot = resource.indexOf('.')
    return {
      resource: dot < 0 ? resource : resource.slice(0, dot),
      group: dot < 0 ? '' : resource.slice(dot + 1),
      subresource: subresource.join('/'),
    }
  })
}

/** A rule for each group, with the plural names of the resources. */
async function planRules(
  { session, flags }: CommandContext,
  verbs: readonly string[],
  wanted: readonly Wanted[],
): Promise<readonly Json[]> {
  const catalog = await session.resources()
  const groups = new Map<string, string[]>()
  for (const one of wanted) {
    const { group, name } = resolve(catalog, one, verbs)
    const names = groups.get(group) ?? []
    const full = one.subresource === '' ? name : `${name}/${one.subresource}`
    if (!names.includes(full)) names.push(full)
    groups.set(group, names)
  }
  return [...groups].toSorted(([a], [b]) => a < b ? -1 : 1).map(([group, resources]) => ({
    apiGroups: [group], resources, verbs, ...whenGiven('resourceNames', flags.list('resource-name')),
  }))
}

function resolve(
  catalog: ResourceCatalog,
  { resource, group }: Wanted,
  verbs: readonly string[],
): { readonly group: string; readonly name: string } {
  if (resource === '') throw new CommandError('resource must be specified if apiGroup/subresource specified')
  if (resource === '*') return { group, name: resource }
  const found = findResource(catalog, group === '' ? resource : `${resource}.${group}`)
  const resolved = found ? { group: found.group, name: found.name } : { group, name: resource }
  let special = false
  for (const verb of verbs) {
    const known = specialVerbs[verb]
    if (!known) continue
    if (!known.includes(`${resolved.group}/${resolved.name}`)) {
      throw new CommandError(`can not perform '${verb}' on '${resolved.name}' in group '${resolved.group}'`)
    }
    special = true
  }
  if (!found && !special) {
    throw new CommandError(
      group === ''
        ? `the server doesn't have a resource type "${resource}"`
        : `the server doesn't have a resource type "${resource}" in group "${group}"`,
      { verbatim: true },
    )
  }
  return resolved
}

const subjectFlags = {
  user: { type: 'stringArray', usage: 'Users to bind to the role; may be repeated.' },
  group: { type: 'stringArray', usage: 'Groups to bind to the role; may be repeated.' },
  serviceaccount: {
    type: 'stringArray',
    usage: 'Service accounts to bind to the role, as NAMESPACE:NAME; may be repeated.',
  },
} satisfies FlagSpecifications

export const roleBinding: Command = {
  summary: 'Create a role binding for a particular role or cluster role',
  usage:
    'NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  flags: {
    ...creationFlags,
    ...subjectFlags,
    clusterrole: { type: 'string', usage: 'The cluster role to bind.' },
    role: { type: 'string', usage: 'The role to bind.' },
  },
  async run(context) {
    const { flags } = context
    const name = requireName(context)
    const [clusterRoleName, roleName] = [flags.string('clusterrole'), flags.string('role')]
    if ((clusterRoleName === '') === (roleName === '')) {
      throw new CommandError('exactly one of clusterrole or role must be specified')
    }
    await createAndPrint(
      context,
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name },
        ...whenGiven('subjects', subjects(context)),
        roleRef: { apiGroup: rbac, kind: roleName === '' ? 'ClusterRole' : 'Role', name: roleName || clusterRoleName },
      },
      { failure: 'failed to create rolebinding: ' },
    )
  },
}

export const clusterRoleBinding: Command = {
  summary: 'Create a cluster role binding for a particular cluster role',
  usage:
    'NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  flags: {
    ...creationFlags,
    ...subjectFlags,
    clusterrole: { type: 'string', required: true, usage: 'The cluster role to bind.' },
  },
  async run(context) {
    const name = requireName(context)
    await createAndPrint(
      context,
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        ...whenGiven('subjects', subjects(context)),
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: context.flags.string('clusterrole') },
      },
      { failure: 'failed to create clusterrolebinding: ' },
    )
  },
}

function subjects({ flags }: CommandContext): readonly Json[] {
  return [
    ...flags.list('user').map((name) => ({ kind: 'User', apiGroup: rbac, name })),
    ...flags.list('group').map((name) => ({ kind: 'Group', apiGroup: rbac, name })),
    ...flags.list('serviceaccount').map((account) => {
      const parts = account.split(':')
      if (parts.length !== 2 || parts[1] === '') throw new CommandError('serviceaccount must be <namespace>:<name>')
      return { kind: 'ServiceAccount', name: parts[1], namespace: parts[0] }
    }),
  ]
}
