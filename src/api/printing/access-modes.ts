/** Access modes of volumes in their short form. */

const shortForms: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP',
}

/** `RWO,ROX`: always in the same order, each once. */
export function formatAccessModes(modes: readonly string[] | undefined): string {
  return Object.entries(shortForms).filter(([mode]) => modes?.includes(mode)).map(([, short]) => short).join(',')
}
