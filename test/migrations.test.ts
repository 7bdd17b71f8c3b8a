import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { statementsIn } from '../src/db/statements-in.ts'

const MIGRATIONS = join(import.meta.dirname, '..', 'src', 'db', 'migrations')

test('every migration is listed in landed.sha256 and unchanged', async () => {
  const list = await readFile(join(MIGRATIONS, 'landed.sha256'), 'utf8')
  const digests = (await migrations()).map(async (name) => `${await digestOf(name)}  ${name}\n`)
  expect(list, 'A database that has run a migration never runs it again: add another instead.').toBe(
    (await Promise.all(digests)).join(''),
  )
})

test('no two migrations have the same number', async () => {
  const numbers = (await migrations()).map((name) => name.split('-')[0])
  expect(new Set(numbers).size).toBe(numbers.length)
})

test('the statements of a script are separated, whatever contains a semicolon', () => {
  const script = [
    `-- first; not a statement\ncreate table a (b text default ';', "c;" text)`,
    `\ncreate function f() returns int language plpgsql as $$ begin return 1; end $$`,
    `\ndo $body$ begin perform '$$;'; end $body$`,
    `\n/* a; b */ insert into a values ('it''s; fine')`,
  ]
  expect(statementsIn(`${script.join(';')};\n-- the end; really\n`)).toEqual(script)
})

const migrations = async () => (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort()

const digestOf = async (name: string) =>
  createHash('sha256')
    .update(await readFile(join(MIGRATIONS, name)))
    .digest('hex')
