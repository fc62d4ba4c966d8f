/** Where we answer otherwise, and why. A step that answers as recorded may not stand here. */
const damagedToken = 'how a byte that is no UTF-8 is shown depends on the version of Go'

const sealedToken = 'a token holds for the list that it is from, and no other'

const scaledAt = 'the owner that a scale has left behind has no time there'

export const differences: Readonly<Record<string, string>> = {
  'custom-objects: another version': 'a warning about a field of a type that upstream does not know either',
  'custom-objects: list ?limit=1&continue=zzz': damagedToken,
  'custom-objects: list ?limit=1&continue=zzz&resourceVersion=1': damagedToken,
  'custom-objects: a creation under a name': 'refused, as for every built-in kind',
  'reads: the next page elsewhere': sealedToken,
  'reads: the next page everywhere': sealedToken,
  'reads: a token with a version that is gone': sealedToken,
  'schemas: in the end': scaledAt,
  'schemas: the end': scaledAt,
  'custom-objects: OPTIONS': 'refused in the words that built-in kinds have for it',
}
