import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'

const Table = Type.Object({ name: Type.String(), columns: Type.Array(Type.String()), rows: Type.Integer() })
export type Table = Static<typeof Table>

/** The contents of a backup. Written last: a directory without a manifest is no backup. */
export const Manifest = Type.Object({
  format: Type.Literal(1),
  /** Version of the Muster that wrote it. */
  version: Type.String(),
  made: Type.String(),
  /** The schema of the tables, as the names of the migrations that create it. */
  migrations: Type.Array(Type.String()),
  /** In an order in which they can be restored. */
  tables: Type.Array(Table),
  /** null: the files of the artifacts were left out. */
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

/** The migrations that create the tables of a backup. In the oldest backups, 0001 contained 0002. */
export const migrationsOf = ({ migrations }: Manifest): readonly string[] =>
  migrations.length === 1 ? [...migrations, '0002-progress-in-detail.sql'] : migrations

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
