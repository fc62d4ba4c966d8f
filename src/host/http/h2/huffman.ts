/** HPACK's Huffman code (RFC 7541 appendix B), read four bits at a time. */

/**
 * The length of each byte's code, as a letter: A is 5 bits, Z is 30. The code is canonical, so the lengths are all
 * there is to it.
 */
const lengths =
  'ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHFIBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJBKABABABBBACCBBBABCBAABCCCCCKGJIXP'
  + 'RPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRSVVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWV'
  + 'Z'
const endOfString = 256

/** For each state and four bits: the next state, and the byte that was completed on the way (or -1). */
interface Table {
  readonly next: Int16Array
  readonly emitted: Int16Array
  /** States that a string may end in: the root, or at most seven one-bits below it. */
  readonly isEnd: Uint8Array
}

let table: Table | undefined

/** Throws RangeError for a code that ends wrongly or holds the end-of-string symbol. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  const { next, emitted, isEnd } = table ??= buildTable()
  let state = 0
  let text = ''
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    for (const nibble of [byte >> 4, byte & 15]) {
      const index = state * 16 + nibble
      const symbol = emitted[index]!
      if (symbol >= 0) text += String.fromCharCode(symbol)
      state = next[index]!
      if (state < 0) throw new RangeError('malformed Huffman code')
    }
  }
  if (!isEnd[state]) throw new RangeError('malformed end of Huffman code')
  return text
}

function buildTable(): Table {
  const { children, symbols } = buildTree()
  const states = children.length
  const next = new Int16Array(states * 16)
  const emitted = new Int16Array(states * 16).fill(-1)
  for (let state = 0; state < states; state++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = state
      for (let bit = 3; bit >= 0 && node >= 0; bit--) {
        node = children[node]![(nibble >> bit) & 1]!
        const symbol = symbols.get(node)
        if (symbol === undefined) continue
        if (symbol === endOfString) node = -1
        else { emitted[state * 16 + nibble] = symbol; node = 0 }
      }
      next[state * 16 + nibble] = node
    }
  }
  const isEnd = new Uint8Array(states)
  for (let node = 0, depth = 0; depth < 8; depth++, node = children[node]![1]!) isEnd[node] = 1
  return { next, emitted, isEnd }
}

/** Node 0 is the root; leaves have a symbol and no children. */
function buildTree(): {
  readonly children: readonly [number, number][]
  readonly symbols: ReadonlyMap<number, number>
} {
  const children: [number, number][] = [[-1, -1]]
  const symbols = new Map<number, number>()
  const order = Array.from(lengths, (letter, symbol) => ({ symbol, length: letter.charCodeAt(0) - 60 }))
    .toSorted((a, b) => a.length - b.length || a.symbol - b.symbol)
  let code = 0
  let before = order[0]!.length
  for (const { symbol, length } of order) {
    code <<= length - before
    before = length
    let node = 0
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = (code >>> bit) & 1
      let child = children[node]![side]
      if (child === undefined || child < 0) {
        child = children.length
        children.push([-1, -1])
        children[node]![side] = child
      }
      node = child
    }
    symbols.set(node, symbol)
    code++
  }
  return { children, symbols }
}
