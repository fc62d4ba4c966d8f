/** Table: two texts → how they differ. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unifiedDiff } from './unified-diff.ts'

function lines(text: string): string {
  return [...text].join('\n')
}

const rows: readonly (readonly [it: string, before: string, after: string, diff: string])[] = [
  ['says nothing of the same', 'abc', 'abc', ''],
  ['shows three lines around', 'abcdefghi', 'abcdXfghi',
    '@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+X\n f\n g\n h\n'],
  ['adds at the end', 'ab', 'abc', '@@ -1,2 +1,3 @@\n a\n b\n+c\n'],
  ['removes the only line', 'a', 'b', '@@ -1 +1 @@\n-a\n+b\n'],
  ['shows what is far apart by itself', 'abcdefghijkl', 'Xbcdefghijk',
    '@@ -1,4 +1,4 @@\n-a\n+X\n b\n c\n d\n@@ -9,4 +9,3 @@\n i\n j\n k\n-l\n'],
  ['shows what is close by together', 'abcdefgh', 'XbcdefgX',
    '@@ -1,8 +1,8 @@\n-a\n+X\n b\n c\n d\n e\n f\n g\n-h\n+X\n'],
  ['keeps the longest stretch', 'abxcd', 'cdab', '@@ -1,5 +1,4 @@\n+c\n+d\n a\n b\n-x\n-c\n-d\n'],
]

for (const [it, before, after, diff] of rows) {
  test(it, () => assert.equal(unifiedDiff(lines(before), lines(after)), diff))
}
