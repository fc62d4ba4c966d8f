/**
 * Where we answer otherwise, and why. A step that answers as recorded may not stand here. `by library`: the recorded
 * server was built with another version of a library than kubernetes itself.
 */
export const differences: Readonly<Record<string, string>> = {}
