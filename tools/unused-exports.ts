/** Finds functions, values and classes of src/ that are exported though no other file names them. */

const declaration = /^export (?:async )?(?:function\*?|const|let|class) ([A-Za-z_$][\w$]*)/gm
const word = /[A-Za-z_$][\w$]*/g

/**
 * `files`: path → text, of everything that may import from src/ (tests, tools and benches too). What comes back are
 * `path` and `name` of each export that only its own file names. Types are left out: they are exported beside the
 * functions that take and give them.
 */
export function unusedExports(files: ReadonlyMap<string, string>): { readonly path: string; readonly name: string }[] {
  const namedIn = new Map<string, number>()
  for (const text of files.values()) {
    for (const name of new Set(text.match(word))) namedIn.set(name, (namedIn.get(name) ?? 0) + 1)
  }
  return [...files]
    .filter(([path]) => path.startsWith('src/') && !path.includes('/gen/'))
    .flatMap(([path, text]) => [...text.matchAll(declaration)].map((match) => ({ path, name: match[1]! })))
    .filter(({ name }) => namedIn.get(name) === 1)
}
