import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Vitest runs every file whose path contains an entry of the list.

const ROOT = join(import.meta.dirname, '..')
const NIGHTLY = readFileSync(join(ROOT, '.ci', 'nightly'), 'utf8')
const LISTS = [...NIGHTLY.matchAll(/^[A-Z]+=\(([^)]*)\)/gm)].map(([, entries = '']) => entries)
const IN_FULL = [
  ...[...NIGHTLY.matchAll(/^(?:SAMPLED|RACES|CRASHES)=\(([^)]*)\)/gm)].map(([, entries = '']) => entries),
  ...NIGHTLY.split('\n').filter((line) => line.startsWith('MUSTER_TEST_FULL=1')),
]

const entriesOf = (texts: string[]) => texts.flatMap((text) => text.match(/(?<![\w/=])test\/[\w./-]+/g) ?? [])

const samplingFiles = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => /support\/(?:sample|browser)\.ts'/.test(readFileSync(join(ROOT, 'test', name), 'utf8')))
  .map((name) => `test/${name}`)

test('.ci/nightly runs in full what .ci/run samples', () => {
  const entries = entriesOf(IN_FULL)
  const isListed = (name: string) => entries.some((one) => one === name || (one.endsWith('/') && name.startsWith(one)))
  expect(samplingFiles.filter((name) => !isListed(name))).toEqual([])
  expect(samplingFiles.length).toBeGreaterThan(20)
})

test('an entry of .ci/nightly is a file, or a directory that ends with a slash', () => {
  const entries = entriesOf(LISTS)
  expect(entries.filter((one) => !existsSync(join(ROOT, one)) || !/\.test\.ts$|\/$/.test(one))).toEqual([])
  expect(entries.length).toBeGreaterThan(10)
})
