import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

// References in the documents are valid.

const ROOT = resolve(import.meta.dirname, '..')
const markdownIn = (folder: string, recursive: boolean) =>
  readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const documents = [...markdownIn('.', false), ...markdownIn('docs', true)].sort()
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const titleOf = (path: string) => /^# (.*)$/m.exec(read(path))?.[1] ?? ''

/** As GitHub derives them from headings. */
const anchorsOf = (path: string): string[] =>
  [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

const linksOf = (path: string): string[] =>
  [...read(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

test('every relative link in a document refers to a file, and its anchor to a heading', () => {
  const broken = documents.flatMap((document) =>
    linksOf(document).filter((target) => {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), path))
      if (!existsSync(join(ROOT, file))) return true
      return anchor !== undefined && !anchorsOf(file).includes(anchor)
    }),
  )
  expect(broken).toEqual([])
})

test('every path of the repository that a document mentions exists', () => {
  const PATH = /`((?:src|test|bench|web|scripts|bin|deploy|docs|\.ci)\/[^`\s]*)`/g
  // The changelog may mention paths that were removed later.
  const missing = documents
    .filter((document) => document !== 'CHANGELOG.md')
    .flatMap((document) => [...read(document).matchAll(PATH)].map(([, path = '']) => [document, path] as const))
    .filter(([, path]) => !existsSync(join(ROOT, path.replace(/\/?\*.*$/, ''))))
  expect(missing).toEqual([])
})

test('the index lists every document, and decisions by their titles', () => {
  const index = read('docs/README.md').replace(/\s+/g, ' ')
  const listed = linksOf('docs/README.md').map((target) => relative(ROOT, resolve(ROOT, 'docs', target.split('#')[0]!)))
  const all = documents.filter((document) => document !== 'docs/README.md' && document !== 'README.md')
  expect(all.filter((document) => !listed.includes(document))).toEqual([])
  for (const decision of markdownIn('docs/decisions', false))
    expect(index).toContain(
      `(decisions/${relative('docs/decisions', decision)}) ${titleOf(decision).replace(/^\d+\. /, '')}`,
    )
})

test('every decision has a date and a status', () => {
  for (const decision of markdownIn('docs/decisions', false))
    expect(read(decision), decision).toMatch(
      /^# \d+\. .+\n\n- Date: \d{4}-\d\d-\d\d.*\n- Status: (accepted|superseded)/,
    )
})
