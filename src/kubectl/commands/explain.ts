/** kubectl explain: what a field is for, by the server's schema. */
import type { Command } from '../command.ts'
import { CommandError } from '../errors.ts'
import type { Json } from '../fields.ts'
import { explainByV2 } from '../openapi-v2.ts'
import { explainBody, explainHead, fetchDocument } from '../openapi.ts'
import { findResource, splitApiVersion, type Resource, type ResourceCatalog } from '../resources.ts'

const forms: readonly string[] = ['plaintext', 'plaintext-openapiv2']

export const explain: Command = {
  summary: 'Get documentation for a resource',
  usage: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group]',
  flags: {
    'api-version': { type: 'string', usage: 'The version of the API: apps/v1.' },
    output: { type: 'string', shorthand: 'o', default: 'plaintext', usage: 'plaintext or plaintext-openapiv2.' },
    recursive: {
      type: 'bool',
      usage: 'All fields, also those within others, without their descriptions.',
    },
  },
  async run({ flags, session, environment, words }) {
    if (words.length === 0) {
      throw new CommandError(
        'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.\n',
      )
    }
    if (words.length > 1) throw new CommandError('We accept only this format: explain RESOURCE\n')
    const form = flags.string('output')
    if (!forms.includes(form)) throw new CommandError(`unrecognized format: ${form}`)
    const { resource, path } = split(await session.resources(), words[0]!)
    const given = flags.string('api-version')
    const [group, version] = given === '' ? [resource.group, resource.version] : splitApiVersion(given)
    const wanted = { ...resource, group, version }
    if (form === 'plaintext-openapiv2') {
      const requests = await session.requests()
      const document = await requests.json({ path: '/openapi/v2' }) as Json
      await environment.output(explainByV2(document, wanted, path, flags.bool('recursive')))
      return
    }
    const document = await fetchDocument(session, wanted)
    await environment.output(explainHead(wanted))
    await environment.output(explainBody(document, wanted, path, flags.bool('recursive')))
  },
}

/** The longest beginning that names a resource (with its group), and the fields after it. */
function split(
  catalog: ResourceCatalog,
  word: string,
): { readonly resource: Resource; readonly path: readonly string[] } {
  const parts = word.split('.').filter((part) => part !== '')
  for (let length = parts.length; length > 1; length--) {
    const resource = catalog.resources.find(
      (candidate) =>
        parts.slice(1, length).join('.') === candidate.group
        && findResource({ ...catalog, resources: [candidate] }, parts[0]!) === candidate,
    )
    if (resource) return { resource, path: parts.slice(length) }
  }
  const resource = findResource(catalog, parts[0] ?? '')
  if (!resource) {
    throw new CommandError(`the server doesn't have a resource type ${JSON.stringify(parts[0] ?? '')}`, {
      verbatim: true,
    })
  }
  return { resource, path: parts.slice(1) }
}
