/** Headers that may come several times, one value each. */

/**
 * The values of a repeated header, which the HTTP layer joins with a comma and a space. A comma without a space is
 * part of a value, as for upstream, who never splits one.
 */
export function headerValues(value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : value.split(', ')
}

/** The rest of a header's name as the key that it stands for; as it is where it is not percent-encoded rightly. */
export function unescapeHeaderKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch (error) {
    if (error instanceof URIError) return key
    throw error
  }
}
