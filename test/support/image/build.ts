import { copyFile, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { makeBase } from './base.ts'
import { DEVICES, execute, inside, PATH } from './chroot.ts'
import { configOf, type ImageConfig, type Instruction, parseDockerfile, type Stage } from './dockerfile.ts'

export type Image = { root: string; config: ImageConfig }

type Build = {
  /** Where the Dockerfile and what it copies are */
  context: string
  /** Where base images are kept between runs */
  bases: string
  scratch: string
}

/** Takes the steps of the Dockerfile, each stage in a root file system of its own, and returns the last stage. */
export async function buildImage({ context, bases, scratch }: Build): Promise<Image> {
  const stages = parseDockerfile(await readFile(join(context, 'Dockerfile'), 'utf8'))
  const roots: Record<string, string> = { context: await copyContext(context, join(scratch, 'context')) }
  let root = ''
  for (const [i, stage] of stages.entries()) {
    root = join(scratch, `stage-${i}`)
    const base = join(bases, stage.from)
    await makeBase(stage.from, base)
    await execute('cp', ['--archive', '--reflink=auto', base, root])
    await takeSteps(stage, root, roots)
    if (stage.name) roots[stage.name] = root
  }
  return { root, config: configOf(stages.at(-1)!) }
}

/** What .dockerignore lets through: nothing but what it names after an exclamation mark. */
async function copyContext(from: string, to: string): Promise<string> {
  const lines = (await readFile(join(from, '.dockerignore'), 'utf8')).split('\n').filter((line) => /^[^#]/.test(line))
  const [first, ...others] = lines
  if (first !== '*' || others.some((line) => !line.startsWith('!')))
    throw new Error('.dockerignore is expected to leave out everything, and then to name exceptions')
  await mkdir(to)
  const options = ['--recursive', '--parents', '--no-dereference', '--preserve=mode,links,timestamps']
  await execute('cp', [...options, ...others.map((line) => line.slice(1)), to], from)
  return to
}

async function takeSteps({ instructions }: Stage, root: string, roots: Record<string, string>) {
  let dir = '/'
  let env: Record<string, string> = {}
  for (const [i, one] of instructions.entries()) {
    if (one.name === 'ENV')
      env = configOf({ from: '', name: undefined, instructions: instructions.slice(0, i + 1) }).env
    if (one.name === 'WORKDIR') {
      dir = resolve(dir, one.words)
      await mkdir(join(root, dir), { recursive: true })
    }
    if (one.name === 'COPY') await copy(one, { from: roots[one.flags.from ?? 'context']!, to: join(root, dir) })
    if (one.name === 'RUN') {
      if (instructions.slice(0, i).some(({ name }) => name === 'USER'))
        throw new Error('RUN after USER is not understood')
      await runStep(root, { env, dir, command: one.words })
    }
  }
}

/** The contents of a directory, or files into one; everything belongs to root. */
async function copy({ words, flags }: Instruction, { from, to }: { from: string; to: string }) {
  const paths = words.split(' ')
  const target = resolve(to, paths.pop()!)
  for (const path of paths) {
    // The path in another stage begins at its root.
    const source = flags.from ? join(from, path) : resolve(from, path)
    const isDirectory = (await stat(source)).isDirectory()
    await mkdir(target, { recursive: true })
    const [what, where] = isDirectory ? [`${source}/.`, target] : [source, join(target, basename(source))]
    await execute('cp', ['--recursive', '--no-dereference', '--preserve=mode,links,timestamps', what, where])
  }
}

/** With the network of this machine, and its certificates and cache for the registry. */
async function runStep(
  root: string,
  { env, dir, command }: { env: Record<string, string>; dir: string; command: string },
) {
  for (const file of ['/etc/resolv.conf', '/etc/hosts']) await copyFile(file, join(root, file))
  const [cache, registry] = await Promise.all(
    ['cache', 'registry'].map(async (name) => (await execute('npm', ['config', 'get', name])).trim()),
  )
  const certificates = process.env.NODE_EXTRA_CA_CERTS
  if (certificates) await copyFile(certificates, join(root, 'mnt', 'certificates'))
  const trust = certificates && { NODE_EXTRA_CA_CERTS: '/mnt/certificates', npm_config_cafile: '/mnt/certificates' }
  const [program, args] = inside({
    ...{ root, dir, user: '0:0', command: ['sh', '-ec', command] },
    mounts: `${DEVICES}; mount --bind ${cache} srv`,
    env: { PATH, HOME: '/root', npm_config_cache: '/srv', npm_config_registry: registry!, ...trust, ...env },
  })
  await execute(program, args)
  await rm(join(root, 'mnt', 'certificates'), { force: true })
}
