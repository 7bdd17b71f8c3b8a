import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execute } from './chroot.ts'

/**
 * Makes the base image in `dir`, unless it is there: Debian by debootstrap, Node.js from the registry, and the npm of
 * this machine, as the package of Node.js holds none.
 */
export async function makeBase(from: string, dir: string): Promise<void> {
  const [, major, suite] = /^node:(\d+)-(\w+)-slim$/.exec(from) ?? []
  if (!major || !suite) throw new Error(`How to make the base image ${from} is not known`)
  if (existsSync(dir)) return
  await mkdir(dirname(dir), { recursive: true })
  const scratch = await mkdtemp(`${dir}-`)
  await execute('debootstrap', ['--variant=minbase', suite, scratch])
  const local = join(scratch, 'usr', 'local')
  await addNode(major, local)
  const npm = dirname(dirname(await realpath((await execute('which', ['npm'])).trim())))
  await cp(npm, join(local, 'lib', 'node_modules', 'npm'), { recursive: true })
  const finish =
    'ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm; useradd --uid 1000 --create-home node; chmod 755 /'
  await execute('chroot', [scratch, 'sh', '-ec', finish])
  await rename(scratch, dir)
}

async function addNode(major: string, local: string) {
  const options = ['--json', '--pack-destination', local]
  const packed = await execute('npm', ['pack', ...options, `node-linux-${process.arch}@${major}`])
  // The newest of that major version comes last.
  const { filename } = (JSON.parse(packed) as { filename: string }[]).at(-1)!
  const tarball = join(local, filename)
  await execute('tar', [
    '--extract',
    '--gzip',
    '--file',
    tarball,
    '--directory',
    local,
    '--strip-components=1',
    'package/bin',
  ])
  await rm(tarball)
}
