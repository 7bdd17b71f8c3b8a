import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BATCH } from '../src/deployments/upkeep/write-aborts.ts'
import { AT_ONCE, MOST_WAITING } from '../src/http/device/authentication.ts'
import { MAX_IN_FLIGHT, MAX_QUEUED } from '../src/http/traffic/shed-load.ts'
import { MAX_CONNECTIONS, MAX_TOTAL_CONNECTIONS } from '../src/open-env.ts'
import { BACKGROUND_POOL_SIZE } from '../src/serve.ts'

// Figures and names in the documents match the program.

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

test('the figures of docs/operations.md and of the decisions match the program', () => {
  const inOneLine = (path: string) => read(path).replace(/\s+/g, ' ')
  const operations = inOneLine('docs/operations.md').replaceAll(',', '')
  expect(operations).toContain(`takes up to ${MAX_CONNECTIONS} connections`)
  expect(operations).toContain(`together up to ${MAX_TOTAL_CONNECTIONS}; and ${BACKGROUND_POOL_SIZE} a machine`)
  expect(operations).toContain(
    `${MAX_CONNECTIONS + BACKGROUND_POOL_SIZE} to ${MAX_TOTAL_CONNECTIONS + BACKGROUND_POOL_SIZE} a machine with servers`,
  )
  expect(inOneLine('docs/decisions/002-offers-and-reports-under-one-lock-order.md')).toContain(`of ${BATCH} (`)
  expect(operations).toContain(`${AT_ONCE} are processed at a time ${MOST_WAITING} wait`)
  for (const figure of [...Object.values(MAX_IN_FLIGHT), MAX_QUEUED]) expect(operations).toContain(String(figure))
})

test('no text suggests to run npx muster, which outside of a clone is another package', () => {
  const below = ['docs', 'src', 'web'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  const texts = ['README.md', ...below].filter((name) => /\.(md|tsx?)$/.test(name))
  expect(texts.filter((name) => read(name).includes('npx muster'))).toEqual([])
})
