/**
 * Regular expressions in Go's syntax (RE2), matched in time linear in the text, whoever wrote the expression: those of
 * definitions are their users'.
 */
import { RE2JS, RE2JSException } from 're2js'

/** Whether the expression is found anywhere in the text. */
export type TextMatcher = (text: string) => boolean

/** Compiled ones take memory; definitions repeat the same few. */
const cacheLimit = 1000
const cache = new Map<string, TextMatcher | string>()

/** A matcher, or why the pattern is none. */
export function compilePattern(pattern: string): TextMatcher | string {
  let compiled = cache.get(pattern)
  if (compiled === undefined) {
    compiled = compile(pattern)
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(pattern, compiled)
  }
  return compiled
}

function compile(pattern: string): TextMatcher | string {
  try {
    const expression = RE2JS.compile(pattern)
    return (text) => expression.test(text)
  } catch (error) {
    if (error instanceof RE2JSException) return error.message
    throw error
  }
}
