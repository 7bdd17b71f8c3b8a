import { createHash, randomBytes } from 'node:crypto'
import { chown, link, lstat, mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { hasCode } from '../../error-code.ts'
import type { Owner } from './unprivileged.ts'

const SOCKET_PATH_LIMIT = 107 - '/.s.PGSQL.5432'.length
const RECORD = 'postgres-socket-directory'

/**
 * The directory of PostgreSQL's socket: `dir` itself, or where its path is too long for a socket, one below the system's
 * temporary directory. Other users can write there, so the name of that one is random, and what has the name is used only if it
 * is a directory of our own. All processes find its name in `dataDir`.
 */
export async function findSocketDir(dataDir: string, dir: string, owner: Owner | undefined): Promise<string> {
  if (Buffer.byteLength(dir) <= SOCKET_PATH_LIMIT) return dir
  const record = join(dataDir, RECORD)
  // A copy of a data directory names the socket of the original: the digest says whose it is.
  const prefix = `muster-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}-`
  for (;;) {
    const known = await readFile(record, 'utf8').catch(() => undefined)
    if (known && basename(known).startsWith(prefix) && (await isOurs(known, owner))) return known
    await chooseAnother(record, { prefix, isFirst: known === undefined })
  }
}

/** Makes the directory again where it is missing, as after a restart of the machine. */
async function isOurs(path: string, owner: Owner | undefined): Promise<boolean> {
  await mkdir(path, { mode: 0o700 }).catch((error) => {
    if (!hasCode(error, 'EEXIST')) throw error
  })
  const found = await lstat(path)
  const isOwn = found.uid === process.getuid?.() || found.uid === owner?.uid
  if (!found.isDirectory() || !isOwn || (found.mode & 0o077) !== 0) return false
  // Others cannot rename what is ours in a directory with the sticky bit.
  if (owner && found.uid !== owner.uid) await chown(path, owner.uid, owner.gid)
  return true
}

/** Of several processes that start at once, one writes the first record; the others read it. */
async function chooseAnother(record: string, { prefix, isFirst }: { prefix: string; isFirst: boolean }): Promise<void> {
  const made = await mkdtemp(join(tmpdir(), prefix))
  const scratch = `${record}-${randomBytes(6).toString('hex')}`
  await writeFile(scratch, made, { flag: 'wx', mode: 0o600 })
  try {
    await (isFirst ? link(scratch, record) : rename(scratch, record))
  } catch (error) {
    await rmdir(made)
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    await rm(scratch, { force: true })
  }
}
