/** `$(NAME)` in commands, arguments and environment values. */

/** Replaces every `$(NAME)` that is known; an unknown one stays as written, and `$$` is a dollar sign. */
export function expandVariables(text: string, lookup: (name: string) => string | undefined): string {
  let result = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$' || i + 1 >= text.length) {
      result += text[i]
      continue
    }
    if (text[i + 1] === '$') {
      result += '$'
      i++
      continue
    }
    const end = text[i + 1] === '(' ? text.indexOf(')', i + 2) : -1
    if (end < 0) {
      result += text[i]
      continue
    }
    const name = text.slice(i + 2, end)
    result += lookup(name) ?? `$(${name})`
    i = end
  }
  return result
}
