import { createHash, randomBytes } from 'node:crypto'
import { chown, link, lstat, mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { hasCode } from '../../has-code.ts'
import type { Owner } from './unprivileged.ts'

const SOCKET_PATH_LIMIT = 107 - '/.s.PGSQL.5432'.length
const RECORD = 'postgres-socket-directory'

/**
 * The directory of PostgreSQL's socket: `dir` itself or, if its path is too long for a socket, one below the system's
 * temporary directory. Other users can write there, so the name is random, and a directory of that name is used only if
 * it belongs to us. All processes read the name from a file in `dataDir`.
 */
export async function findSocketDir(dataDir: string, dir: string, owner: Owner | undefined): Promise<string> {
  if (Buffer.byteLength(dir) <= SOCKET_PATH_LIMIT) return dir
  const record = join(dataDir, RECORD)
  // The file may come from a copied data directory, and name the socket of the original: the digest distinguishes them.
  const prefix = `muster-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}-`
  for (;;) {
    const known = await readFile(record, 'utf8').catch(() => undefined)
    if (known && basename(known).startsWith(prefix) && (await isOurs(known, owner))) return known
    await choose(record, { prefix, isFirst: known === undefined })
  }
}

/** Creates the directory again if it is missing, as after a restart of the machine. */
async function isOurs(path: string, owner: Owner | undefined): Promise<boolean> {
  await mkdir(path, { mode: 0o700 }).catch((error) => {
    if (!hasCode(error, 'EEXIST')) throw error
  })
  const found = await lstat(path)
  const isOwn = found.uid === process.getuid?.() || found.uid === owner?.uid
  if (!found.isDirectory() || !isOwn || (found.mode & 0o077) !== 0) return false
  // In a directory with the sticky bit, other users cannot rename it.
  if (owner && found.uid !== owner.uid) await chown(path, owner.uid, owner.gid)
  return true
}

/**
 * Chooses a directory and records its name. Of several processes that start at once, one writes the first record; the
 * others read it.
 */
async function choose(record: string, { prefix, isFirst }: { prefix: string; isFirst: boolean }): Promise<void> {
  const chosen = await mkdtemp(join(tmpdir(), prefix))
  const scratch = `${record}-${randomBytes(6).toString('hex')}`
  await writeFile(scratch, chosen, { flag: 'wx', mode: 0o600 })
  try {
    await (isFirst ? link(scratch, record) : rename(scratch, record))
  } catch (error) {
    await rmdir(chosen)
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    await rm(scratch, { force: true })
  }
}
