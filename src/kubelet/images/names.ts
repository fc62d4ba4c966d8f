/** Image names as pods write them. */

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const host =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?'
const reference = new RegExp(
  `^(?<name>(?:${host}/)?${component}(?:/${component})*)(?::(?<tag>[\\w][\\w.-]{0,127}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
)

/** The name with `:latest` when it has neither tag nor digest; undefined for what cannot be an image's name. */
export function parseImageName(image: string): string | undefined {
  const match = reference.exec(image)
  if (!match || image.length > 2048) return undefined
  return match.groups?.['tag'] || match.groups?.['digest'] ? image : `${image}:latest`
}

/** The registry that serves the name: `docker.io` unless the first part looks like a host. */
export function registryOf(image: string): string {
  const first = image.split('/')[0] ?? ''
  return image.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost')
    ? first
    : 'docker.io'
}
