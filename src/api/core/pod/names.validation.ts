/** Rules of a pod's names and of how it resolves others: DNS settings, host aliases. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import {
  validateDns1123Label,
  validateDns1123Subdomain,
  validateDns1123SubdomainWithUnderscore,
} from '#machinery/meta/validate-names.ts'
import { validateAddress } from '../../addresses.validation.ts'
import type { HostAlias, PodDNSConfig, PodSpec } from '../../gen/core-v1.ts'

const maxNameservers = 3
const maxSearchPaths = 32
const maxSearchCharacters = 2048

export function validateDnsConfig(
  config: PodDNSConfig | undefined, policy: string | undefined, path: string,
): FieldError[] {
  if (policy === 'None') {
    if (!config) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (!config.nameservers?.length) {
      return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
    }
  }
  const { nameservers = [], searches = [], options = [] } = config ?? {}
  const errors: FieldError[] = []
  if (nameservers.length > maxNameservers) {
    errors.push(
      invalidValue(`${path}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`),
    )
  }
  errors.push(...nameservers.flatMap((server, index) => validateAddress(server, `${path}.nameservers[${index}]`)))
  if (searches.length > maxSearchPaths) {
    errors.push(invalidValue(`${path}.searches`, searches, `must not have more than ${maxSearchPaths} search paths`))
  }
  if (searches.join(' ').length > maxSearchCharacters) {
    errors.push(invalidValue(`${path}.searches`, searches,
      `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`))
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue
    const domain = search.replace(/\.$/, '')
    errors.push(...invalidFor(`${path}.searches[${index}]`, domain, validateDns1123SubdomainWithUnderscore(domain)))
  }
  errors.push(
    ...options.flatMap(({ name }, index) => (name ? [] : [required(`${path}.options[${index}]`, 'must not be empty')])),
  )
  return errors
}

export function validateHostAliases(aliases: readonly HostAlias[], path: string): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...validateAddress(ip, `${path}[${index}].ip`),
    ...hostnames.flatMap((name, position) =>
      invalidFor(`${path}[${index}].hostnames[${position}]`, name, validateDns1123Subdomain(name)),
    ),
  ])
}

const maxHostname = 64

/** A host name in place of the pod's own (KEP-4762): a whole one, and not where the node has its own. */
export function validateHostnameOverride(spec: PodSpec, path: string): FieldError[] {
  const name = spec.hostnameOverride
  if (name === undefined) return []
  return [
    ...(spec.setHostnameAsFQDN ? [forbiddenValue(path, 'may not be specified when setHostnameAsFQDN is true')] : []),
    ...(spec.hostNetwork ? [forbiddenValue(path, 'may not be specified when hostNetwork is true')] : []),
    ...(name.length > maxHostname ? [tooLong(path, maxHostname)] : []),
    ...invalidFor(path, name, validateDns1123Subdomain(name)),
  ]
}

export function validateOwnNames(spec: PodSpec, path: string): FieldError[] {
  return [
    ...(spec.hostname ? invalidFor(`${path}.hostname`, spec.hostname, validateDns1123Label(spec.hostname)) : []),
    ...(spec.subdomain ? invalidFor(`${path}.subdomain`, spec.subdomain, validateDns1123Label(spec.subdomain)) : []),
  ]
}
