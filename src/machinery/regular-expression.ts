/**
 * Regular expressions in Go's syntax (RE2), matched in time linear in the text, whoever wrote the expression: those of
 * definitions are their users'.
 */
import { RE2JS, RE2JSException } from 're2js'

/** Whether the expression is found anywhere in the text. */
export type TextMatcher = (text: string) => boolean

/** Every match in turn, from the left, none overlapping another. */
export type TextFinder = (text: string) => Iterable<string>

interface Pattern {
  readonly matches: TextMatcher
  readonly find: TextFinder
}

/** Compiled ones take memory; definitions repeat the same few. */
const cacheLimit = 1000
const cache = new Map<string, Pattern | string>()

/** A matcher, or why the pattern is none. */
export function compilePattern(pattern: string): TextMatcher | string {
  const compiled = compile(pattern)
  return typeof compiled === 'string' ? compiled : compiled.matches
}

/** What finds the matches, or why the pattern is none. */
export function compileFinder(pattern: string): TextFinder | string {
  const compiled = compile(pattern)
  return typeof compiled === 'string' ? compiled : compiled.find
}

function compile(pattern: string): Pattern | string {
  let compiled = cache.get(pattern)
  if (compiled === undefined) {
    compiled = create(pattern)
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(pattern, compiled)
  }
  return compiled
}

function create(pattern: string): Pattern | string {
  try {
    const expression = RE2JS.compile(pattern)
    return {
      matches: (text) => expression.test(text),
      find: function* (text) {
        const matcher = expression.matcher(text)
        while (matcher.find()) yield matcher.group() ?? ''
      },
    }
  } catch (error) {
    if (error instanceof RE2JSException) return error.message
    throw error
  }
}
