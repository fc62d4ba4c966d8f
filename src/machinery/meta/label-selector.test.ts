/** Tests of label and field selectors: what upstream accepts, matches, prints and says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldSelectorMatches, formatFieldSelector, parseFieldSelector } from './field-selector.ts'
import {
  formatLabelMatcher,
  formatLabelSelector,
  labelSelectorMatcher,
  labelSetMatcher,
  parseLabelSelector,
  parseToLabelSelector,
  validateLabelSelector,
} from './label-selector.ts'

test('selectors are parsed and printed canonically', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    [' ', ''],
    ['a', 'a'],
    ['!a', '!a'],
    ['a=b', 'a=b'],
    ['a==b', 'a==b'],
    ['a!=b', 'a!=b'],
    ['a=', 'a='],
    ['a=,b=', 'a=,b='],
    ['x in (b,a)', 'x in (a,b)'],
    ['x notin (a)', 'x notin (a)'],
    ['x in ()', 'x in ()'],
    ['x in (,)', 'x in ()'],
    ['x in (foo,,baz),y,z notin ()', 'x in (,baz,foo),y,z notin ()'],
    ['b=1,a=2', 'a=2,b=1'],
    ['x>1,z<5', 'x>1,z<5'],
    ['in in (in)', 'in in (in)'],
    ['notin notin (in,notin)', 'notin notin (in,notin)'],
    ['a=in', 'a=in'],
    ['example.com/name=x', 'example.com/name=x'],
    ['  a  =  b  ,  ! c ', 'a=b,!c'],
    ['x in (a,a)', 'x in (a)'],
  ]
  for (const [text, printed] of cases) assert.equal(formatLabelMatcher(parseLabelSelector(text)), printed, text)
})

test("what cannot be parsed is refused in upstream's words", () => {
  const format = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
  const rule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  const cases: readonly (readonly [string, string])[] = [
    ['=x', "found '=', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a,=b', "found '=', expected: identifier after ','"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['x in a', "unable to parse requirement: found 'a' expected: '('"],
    ['x in (a', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['x in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    [
      'x>a',
      "unable to parse requirement: values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    [
      'a_=b',
      `unable to parse requirement: <nil>: Invalid value: "a_": name part ${rule} (e.g. 'MyName',  or 'my.name',  or '123-abc', `
        + `regex used for validation is '${format}')`,
    ],
  ]
  for (const [text, message] of cases) {
    assert.throws(() => parseLabelSelector(text), { message }, text)
  }
  assert.throws(
    () => parseLabelSelector('x=-a'),
    /^SelectorError: unable to parse requirement: values\[0\]\[x\]: Invalid value: "-a": a valid label/,
  )
})

test('requirements match labels', () => {
  const labels = { a: '1', b: 'x', n: '10' }
  const cases: readonly (readonly [string, boolean])[] = [
    ['', true],
    ['a', true],
    ['c', false],
    ['!c', true],
    ['!a', false],
    ['a=1', true],
    ['a=2', false],
    ['a!=2', true],
    ['c!=2', true],
    ['b in (x,y)', true],
    ['b notin (x,y)', false],
    ['c notin (x)', true],
    ['c in (x)', false],
    ['n>9', true],
    ['n>10', false],
    ['n<11', true],
    ['b>1', false],
    ['constructor', false],
    ['!constructor', true],
    ['a=1,b=x', true],
    ['a=1,b=y', false],
  ]
  for (const [text, expected] of cases) assert.equal(parseLabelSelector(text).matches(labels), expected, text)
  assert.equal(parseLabelSelector('!a').matches(undefined), true)
})

test('a metav1.LabelSelector becomes a matcher: absent matches nothing, empty everything', () => {
  assert.equal(labelSelectorMatcher(undefined).matches({ a: '1' }), false)
  assert.equal(labelSelectorMatcher({}).matches({ a: '1' }), true)
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front', 'back'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  }
  assert.equal(labelSelectorMatcher(selector).matches({ app: 'web', tier: 'back' }), true)
  assert.equal(labelSelectorMatcher(selector).matches({ app: 'web', tier: 'back', old: '' }), false)
  assert.equal(formatLabelSelector(selector), 'app=web,!old,tier in (back,front)')
  assert.equal(formatLabelSelector({}), '<none>')
  assert.equal(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }), '<error>')
  assert.throws(() => labelSelectorMatcher({ matchExpressions: [{ key: 'a', operator: 'Gt' }] }),
    { message: '"Gt" is not a valid label selector operator' })
  assert.throws(() => labelSelectorMatcher({ matchExpressions: [{ key: 'a', operator: 'In' }] }),
    { message: "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty" })
})

test('the text form becomes a metav1.LabelSelector', () => {
  assert.deepEqual(parseToLabelSelector('a=1,b in (2,3),!c,d'), {
    matchLabels: { a: '1' },
    matchExpressions: [
      { key: 'b', operator: 'In', values: ['2', '3'] },
      { key: 'c', operator: 'DoesNotExist' },
      { key: 'd', operator: 'Exists' },
    ],
  })
  assert.throws(() => parseToLabelSelector('a>1'), { message: '"gt" isn\'t supported in label selectors' })
})

test('a selector in an object is validated field by field', () => {
  assert.deepEqual(validateLabelSelector(undefined, 'spec.selector'), [])
  assert.deepEqual(
    validateLabelSelector(
      {
        matchLabels: { a: 'b' },
        matchExpressions: [
          { key: 'x', operator: 'In' },
          { key: 'y', operator: 'Exists', values: ['1'] },
          { key: 'z', operator: 'Like' },
        ],
      },
      'spec.selector',
    ).map(({ type, field, message }) => `${type} ${field}: ${message}`),
    [
      "FieldValueRequired spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "FieldValueForbidden spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      'FieldValueInvalid spec.selector.matchExpressions[2].operator: Invalid value: "Like": not a valid selector operator',
    ],
  )
})

test('printing and parsing a selector changes nothing', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,4}$/).filter((text) => text !== 'in' && text !== 'notin')
  fc.assert(fc.property(fc.dictionary(word, word, { maxKeys: 4 }), (labels) => {
    const matcher = labelSetMatcher(labels)
    const again = parseLabelSelector(formatLabelMatcher(matcher))
    assert.equal(formatLabelMatcher(again), formatLabelMatcher(matcher))
    assert.equal(again.matches(labels), true)
  }))
})

test('field selectors are parsed, matched and printed', () => {
  const selector = parseFieldSelector('status.phase!=Running,metadata.name==x,spec.nodeName=')
  assert.equal(formatFieldSelector(selector), 'metadata.name=x,spec.nodeName=,status.phase!=Running')
  assert.equal(fieldSelectorMatches(selector, { 'metadata.name': 'x', 'status.phase': 'Failed' }), true)
  assert.equal(fieldSelectorMatches(selector, { 'metadata.name': 'x', 'status.phase': 'Running' }), false)
  assert.deepEqual(parseFieldSelector(''), [])
  assert.deepEqual(parseFieldSelector('a=b\\,c\\=d\\\\'), [{ field: 'a', operator: '=', value: 'b,c=d\\' }])
  assert.equal(formatFieldSelector(parseFieldSelector('a=b\\,c\\=d\\\\')), 'a=b\\,c\\=d\\\\')
  assert.deepEqual(parseFieldSelector('a!b=c'), [{ field: 'a!b', operator: '=', value: 'c' }])
})

test('what is not a field selector is refused in upstream\'s words', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['foo', "invalid selector: 'foo'; can't understand 'foo'"],
    ['a=b,foo', "invalid selector: 'a=b,foo'; can't understand 'foo'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=b\\c', 'invalid field selector: invalid escape sequence: \\c'],
    ['a=b\\', 'invalid field selector: invalid escape sequence: \\'],
  ]
  for (const [text, message] of cases) assert.throws(() => parseFieldSelector(text), { message }, text)
})
