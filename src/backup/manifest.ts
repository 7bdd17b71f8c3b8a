import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'

const Table = Type.Object({ name: Type.String(), columns: Type.Array(Type.String()), rows: Type.Integer() })
export type Table = Static<typeof Table>

/** What a backup holds. It is written last: a directory without it is no backup. */
export const Manifest = Type.Object({
  format: Type.Literal(1),
  /** Of the Muster that made it. */
  version: Type.String(),
  made: Type.String(),
  /** The schema that the tables have, as the names of the migrations that make it. */
  migrations: Type.Array(Type.String()),
  /** In an order in which they can be filled. */
  tables: Type.Array(Table),
  /** null: the artifacts' files were left out. */
  artifacts: Type.Union([Type.Null(), Type.Array(Type.Object({ key: Type.String(), size: Type.Integer() }))]),
})
export type Manifest = Static<typeof Manifest>

export const manifestFile = (dir: string) => join(dir, 'manifest.json')
export const tableFile = (dir: string, table: string) => join(dir, 'tables', `${table}.copy.gz`)
export const artifactFile = (dir: string, key: string) => join(dir, 'artifacts', key)

export async function readManifest(dir: string): Promise<Manifest> {
  const text = await readFile(manifestFile(dir), 'utf8').catch(() => undefined)
  if (text === undefined) throw new Error(`${dir} holds no backup: there is no manifest.json in it.`)
  const manifest = parse(text)
  if (Check(Manifest, manifest)) return manifest
  throw new Error(`${manifestFile(dir)} is not one that this Muster can read: it is damaged, or of a newer version.`)
}

/** The migrations that make the tables of a backup. Those of its oldest format came from a 0001 that had 0002 within it. */
export const migrationsOf = ({ migrations }: Manifest): readonly string[] =>
  migrations.length === 1 ? [...migrations, '0002-progress-in-detail.sql'] : migrations

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
