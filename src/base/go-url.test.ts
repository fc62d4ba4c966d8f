/** Table: text in → parts, or a complaint, out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGoUrl } from './go-url.ts'

const none = { scheme: '', user: undefined, host: '', query: '', fragment: '' }

const rows: readonly (readonly [text: string, url: object | string])[] = [
  ['', none],
  ['HTTPS://a.b:8443/c?d=e#f', { ...none, scheme: 'https', host: 'a.b:8443', query: 'd=e', fragment: 'f' }],
  ['https://me:pw@host/', { ...none, scheme: 'https', user: 'me:pw', host: 'host' }],
  ['https:///path', { ...none, scheme: 'https' }],
  ['host/path', none],
  ['mailto:a', { ...none, scheme: 'mailto' }],
  ['https://[::1]:443', { ...none, scheme: 'https', host: '[::1]:443' }],
  ['://a', 'parse "://a": missing protocol scheme'],
  ['1a:b/c', 'parse "1a:b/c": first path segment in URL cannot contain colon'],
  ['https://a:b/', 'parse "https://a:b/": invalid port ":b" after host'],
  ['https://a b/', 'parse "https://a b/": invalid character " " in host name'],
  ['https://a/%zz', 'parse "https://a/%zz": invalid URL escape "%zz"'],
  ['https://a/\n', 'parse "https://a/\\n": net/url: invalid control character in URL'],
  ['https://[::1', 'parse "https://[::1": missing \']\' in host'],
]

for (const [text, url] of rows) test(`URL ${JSON.stringify(text)}`, () => assert.deepEqual(parseGoUrl(text), url))
