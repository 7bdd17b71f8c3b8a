import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileHeaders, labelOf } from '../src/artifacts/file-headers.ts'

const disposition = (name: string) => fileHeaders(labelOf(name, undefined))['content-disposition']

test.each([
  ['release-1.0', 'attachment; filename=release-1.0.mender'],
  ['release 1.0', 'attachment; filename="release 1.0.mender"'],
  ['a;b=c', 'attachment; filename="a;b=c.mender"'],
  ['a"b', `attachment; filename=a_b.mender; filename*=UTF-8''a%22b.mender`],
  ['a\r\nb', `attachment; filename=a__b.mender; filename*=UTF-8''a%0D%0Ab.mender`],
  ['50%25', `attachment; filename=50_25.mender; filename*=UTF-8''50%2525.mender`],
  ['größe', `attachment; filename=gr__e.mender; filename*=UTF-8''gr%C3%B6%C3%9Fe.mender`],
])('the file of the artifact %j is offered as %s', (name, header) => {
  expect(disposition(name)).toBe(header)
})

test('every name is sent exactly, in plain ASCII, and cannot break out of its parameter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
      const [, quoted, token, extended] =
        /^attachment; filename=(?:"([\x20\x21\x23-\x5b\x5d-\x7e]*)"|([!#$&'*+.0-9A-Z^_`a-z|~-]+))(?:; filename\*=UTF-8''([%!#$&+.0-9A-Z^_`a-z|~-]+))?$/.exec(
          disposition(name),
        ) ?? []
      expect(extended === undefined ? (quoted ?? token) : decodeURIComponent(extended)).toBe(`${name}.mender`)
    }),
  )
})
