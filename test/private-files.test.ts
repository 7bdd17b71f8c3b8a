import { execFileSync } from 'node:child_process'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logIn } from '../src/client/manager.ts'
import { findCluster, writeAsOwner } from '../src/db/embedded/cluster.ts'
import { openEmbedded } from '../src/db/embedded/embedded.ts'
import { openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { run, startMuster } from './support/command.ts'

const isRoot = process.getuid?.() === 0

let scratch: string
beforeAll(async () => {
  // Child processes inherit it.
  process.umask(0)
  scratch = await mkdtemp(join(tmpdir(), 'muster-private-'))
  // As below /var/lib: the PostgreSQL account can enter this directory.
  await chmod(scratch, 0o711)
})
const umask = process.umask()
afterAll(async () => {
  process.umask(umask)
  await rm(scratch, { recursive: true, force: true })
})

/** What other users may do with a path and all below it, except sockets and links, whose modes have no effect. */
async function openToOthers(path: string): Promise<string[]> {
  const found = await lstat(path)
  const below = found.isDirectory()
    ? await Promise.all((await readdir(path)).map((name) => openToOthers(join(path, name))))
    : []
  const isOpen = (found.isDirectory() || found.isFile()) && (found.mode & 0o077) !== 0
  return [...(isOpen ? [`${path} ${(found.mode & 0o777).toString(8)}`] : []), ...below.flat()]
}

test('other users have no access to files of the server, a backup or a restore, with any umask', async () => {
  const data_dir = join(scratch, 'new', 'data')
  const env = { MUSTER_DATA_DIR: data_dir, MUSTER_WORKERS: '2', MUSTER_ADMIN_PASSWORD: 'administrator' }
  const server = await startMuster(env)
  const token = await logIn(server, { email: 'admin@example.com', password: 'administrator' })
  await uploadTestArtifact(openApi(server.url, token), {})
  const backup = join(scratch, 'backups', 'today')
  expect(await run(['backup', backup], env)).toMatchObject({ code: 0 })
  await server.kill('SIGTERM')
  const restored = join(scratch, 'restored')
  expect(await run(['restore', backup], { MUSTER_DATA_DIR: restored })).toMatchObject({ code: 0 })

  expect(await readdir(join(data_dir, 'artifacts'))).toHaveLength(1)
  const open = (await Promise.all([join(scratch, 'new'), join(scratch, 'backups'), restored].map(openToOthers))).flat()
  // As root, the group of the PostgreSQL account must be able to pass through, and may do no more.
  expect(open).toEqual(isRoot ? [join(scratch, 'new'), data_dir, restored].map((path) => `${path} 710`) : [])
})

test('access to artifacts that an older version left readable is removed', async () => {
  const data_dir = join(scratch, 'earlier')
  await mkdir(join(data_dir, 'artifacts'), { recursive: true })
  await chmod(join(data_dir, 'artifacts'), 0o755)
  expect(await run(['tenant', 'list'], { MUSTER_DATA_DIR: data_dir })).toMatchObject({ code: 0 })
  expect((await lstat(join(data_dir, 'artifacts'))).mode & 0o777).toBe(0o700)
})

describe('a data directory whose path is too long for a socket', () => {
  const long = () => join(scratch, 'long'.repeat(30))
  const record = (dir: string) => join(dir, 'postgres-socket-directory')

  const ask = async (url: string) => {
    const client = new pg.Client(url)
    await client.connect()
    await client.end()
  }

  test('has its socket in a directory with a random name, which concurrent and later processes find', async () => {
    await using first = await embedded(long())
    await using beside = await embedded(long())
    await ask(beside.url)
    const dir = await readFile(record(long()), 'utf8')
    expect(first.url).toContain(encodeURIComponent(dir))
    expect(beside.url).toBe(first.url)
    expect((await lstat(dir)).mode & 0o777).toBe(0o700)
  })

  test('recreates the directory after a reboot, and uses another if the name is taken', async () => {
    await (await openEmbedded(long(), { exclusive: false })).stop()
    const dir = await readFile(record(long()), 'utf8')
    await rm(dir, { recursive: true })
    const again = await openEmbedded(long(), { exclusive: false })
    await ask(again.url)
    await again.stop()
    expect(await readFile(record(long()), 'utf8')).toBe(dir)

    await rm(dir, { recursive: true })
    const victim = join(scratch, 'victim')
    await mkdir(victim, { mode: 0o700 })
    await symlink(victim, dir)
    const elsewhere = await openEmbedded(long(), { exclusive: false })
    await ask(elsewhere.url)
    await elsewhere.stop()
    expect(await readFile(record(long()), 'utf8')).not.toBe(dir)
    expect(await lstat(victim)).toMatchObject({ uid: process.getuid?.(), mode: 0o40700 })
    await rm(dir)
  })

  test('is found by several that start at once', async () => {
    const dir = join(scratch, 'together'.repeat(15))
    const all = await Promise.all(Array.from({ length: 3 }, () => openEmbedded(dir, { exclusive: false })))
    expect(new Set(all.map(({ url }) => url)).size).toBe(1)
    for (const one of all) await one.stop()
  })

  test('does not share the socket directory of the data directory that it was copied from', async () => {
    const copy = join(scratch, 'copy'.repeat(30))
    await mkdir(copy)
    await writeFile(record(copy), await readFile(record(long()), 'utf8'))
    await (await openEmbedded(copy, { exclusive: false })).stop()
    expect(await readFile(record(copy), 'utf8')).not.toBe(await readFile(record(long()), 'utf8'))
  })
})

describe.runIf(isRoot)('as root', () => {
  const account = () => {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']))
    return { uid: id('-u'), gid: id('-g') }
  }

  test('does not write through a link that the PostgreSQL account puts in place of a file', async () => {
    const data_dir = join(scratch, 'linked')
    await (await openEmbedded(data_dir, { exclusive: false })).stop()
    const victim = join(scratch, 'system-file')
    await writeFile(victim, 'untouched', { mode: 0o600 })
    const path = join(data_dir, 'postgres', 'muster.conf')
    await rm(path)
    execFileSync('ln', ['-s', victim, path], account())
    await expect(writeAsOwner(await findCluster(data_dir), { path, text: 'written' })).rejects.toThrow('ermission')
    expect(await readFile(victim, 'utf8')).toBe('untouched')
  })

  test('rejects a PostgreSQL directory that another account created, with a message', async () => {
    const data_dir = join(scratch, 'foreign')
    await (await openEmbedded(data_dir, { exclusive: false })).stop()
    const { uid, gid } = account()
    await chown(join(data_dir, 'postgres'), uid + 1, gid)
    await expect(openEmbedded(data_dir, { exclusive: false })).rejects.toThrow('does not belong to the account')
    await chown(join(data_dir, 'postgres'), uid, gid)
    const moved = join(scratch, 'moved')
    await rename(join(data_dir, 'postgres'), moved)
    await symlink(moved, join(data_dir, 'postgres'))
    await (await openEmbedded(data_dir, { exclusive: false })).stop()
  })
})

async function embedded(dir: string) {
  const { url, stop } = await openEmbedded(dir, { exclusive: false })
  return { url, [Symbol.asyncDispose]: stop }
}
