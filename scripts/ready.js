import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Runs before anything is installed, and on any Node that knows modules: plain, and no dependency.
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const BUILT = join(ROOT, 'dist', 'main.js')
const OLDEST_NODE = [20, 19]

/** Installs what is missing for the tests, or ends the process with a sentence. */
export function makeReadyForTests() {
  requireNode()
  install({ dev: true })
}

/** Installs and builds what is missing to run, or ends the process with a sentence. */
export function makeReady() {
  requireNode()
  // An installed package comes built, without its sources.
  if (!existsSync(join(ROOT, 'tsconfig.build.json'))) return
  const stale = isBuildStale()
  install({ dev: stale })
  if (stale) build()
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  end(`Muster needs Node.js ${OLDEST_NODE.join('.')} or later; this is ${process.version}. Install a newer one.`)
}

function install({ dev }) {
  if (isInstalled({ dev })) return
  say('Installing dependencies ...')
  const npm = process.env.npm_execpath ?? ''
  const [program, ...first] = npm.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm']
  const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  run('The installation', program, [...first, 'ci', ...options])
}

/** Whether node_modules holds what package-lock.json says; `dev`: also what only building and testing need. */
function isInstalled({ dev }) {
  const wanted = packagesOf('package-lock.json')
  const present = packagesOf(join('node_modules', '.package-lock.json'))
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (entry.dev && !dev)) return true
    const found = present[path]
    return found ? found.version === entry.version : entry.optional || entry.devOptional
  })
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages ?? {}
  } catch {
    return {}
  }
}

function isBuildStale() {
  const built = changed(BUILT)
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true }).map((name) => join('src', String(name)))
  return ['src', 'tsconfig.json', 'tsconfig.build.json', ...sources].some((name) => changed(join(ROOT, name)) > built)
}

const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

function build() {
  say('Building ...')
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  // Written even by a build that fails; without it the next start builds again.
  const forget = () => rmSync(BUILT, { force: true })
  forget()
  run('The build', process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json')], forget)
}

function run(what, program, args, undo = () => {}) {
  const shell = process.platform === 'win32' && program === 'npm'
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, shell, encoding: 'utf8' })
  if (status === 0) return
  undo()
  end(`${what} failed${error ? `: ${error.message}` : '.'}\n${stdout ?? ''}${stderr ?? ''}`)
}

const say = (line) => process.stderr.write(`${line}\n`)

function end(sentence) {
  say(sentence)
  process.exit(1)
}
