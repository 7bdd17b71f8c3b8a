import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { OpenEnv } from '../open-env.ts'
import { VERSION } from '../version.ts'
import { artifactFile, type Manifest, manifestFile, type Table, tableFile } from './manifest.ts'

type Artifact = { key: string; size: number }
type Options = { dir: string; with_artifacts: boolean }

/** If artifacts are deleted while they are copied, the backup is written again without them. */
const MAX_TRIES = 5

/**
 * Writes a consistent snapshot of everything into `dir` while servers run. The directory appears when it is complete.
 * The same version of Muster or a newer one can restore it, into any PostgreSQL.
 */
export async function writeBackup(env: OpenEnv, { dir, with_artifacts }: Options): Promise<Manifest> {
  await requireAbsent(dir)
  const partial = `${dir}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(dirname(dir), { recursive: true })
  // Not recursive, so that it fails if another user has created it in the meantime.
  await mkdir(partial, { mode: 0o700 })
  await mkdir(`${partial}/tables`)
  const artifacts = with_artifacts ? new Map<string, number>() : undefined
  for (let tries = 1; ; tries++) {
    const manifest = await writeTables(env, partial, artifacts)
    if (manifest) {
      await writeFile(manifestFile(partial), JSON.stringify(manifest, null, 2), { flush: true })
      await rename(partial, dir)
      await syncDirectory(dirname(dir))
      return manifest
    }
    if (tries === MAX_TRIES) throw new Error('Artifacts are deleted faster than they can be copied: try again later.')
  }
}

async function requireAbsent(dir: string) {
  const entries = await readdir(dir).catch(() => undefined)
  if (entries) throw new Error(`${dir} is there already: name a directory that is not.`)
}

/**
 * Writes all tables as of one snapshot, and the artifacts in it; undefined if one of these was deleted before it was
 * copied.
 */
async function writeTables(env: OpenEnv, dir: string, copied: Map<string, number> | undefined) {
  const client = new pg.Client({ connectionString: env.database_url, application_name: 'muster-backup' })
  await client.connect()
  try {
    await client.query('begin transaction isolation level repeatable read, read only')
    const named = (await client.query<Artifact>(ARTIFACTS)).rows
    if (copied && !(await copyArtifacts(env, dir, named, copied))) return undefined
    const tables: Table[] = []
    for (const table of (await client.query<Omit<Table, 'rows'>>(TABLES)).rows)
      tables.push({ ...table, rows: await writeTable(client, dir, table) })
    const migrations = (await client.query<{ name: string }>('select name from migrations order by name')).rows
    return {
      ...{ format: 1 as const, version: VERSION, made: env.now().toISOString(), tables },
      ...{ migrations: migrations.map(({ name }) => name), artifacts: copied ? named : null },
    }
  } finally {
    await client.end()
  }
}

/** Adds to `copied`, which holds the artifacts of earlier tries. Returns false if one is missing. */
async function copyArtifacts(env: OpenEnv, dir: string, named: readonly Artifact[], copied: Map<string, number>) {
  for (const { key, size } of named) {
    if (copied.has(key)) continue
    const content = await env.blobs.read(key, { start: 0, end: size - 1 })
    if (!content) return false
    const path = artifactFile(dir, key)
    await mkdir(dirname(path), { recursive: true })
    await pipeline(content, createWriteStream(path, { flush: true }))
    copied.set(key, size)
  }
  return true
}

async function writeTable(client: pg.Client, dir: string, { name, columns }: Omit<Table, 'rows'>): Promise<number> {
  const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ')
  const rows = client.query(copyTo(`copy ${pg.escapeIdentifier(name)} (${list}) to stdout`))
  await pipeline(rows, createGzip({ level: 1 }), createWriteStream(tableFile(dir, name), { flush: true }))
  return rows.rowCount
}

async function syncDirectory(path: string) {
  const handle = await open(path)
  await handle.sync().finally(() => handle.close())
}

const ARTIFACTS = `select tenant_id || '/' || id as key, size::float8 as size from artifacts order by 1`

// A table references only tables that were created before it. Transaction ids mean nothing in another database, and
// failed guesses and invalidations expire within minutes, and the keys of TLS tickets must not outlive their day.
const TABLES = `
  select c.relname as name, (
      select json_agg(a.attname order by a.attnum) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and a.atttypid <> 'xid8'::regtype
    ) as columns
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and c.relname not in ('migrations', 'two_phase', 'guesses', 'invalidations', 'invalidations_pruned', 'ticket_keys',
      'download_rates')
  order by c.oid`
