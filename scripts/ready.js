import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Runs before anything is installed, and on any Node that knows modules: plain, and no dependency.
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
/** What is built from what, and by which program. The web UI's mark is written last, the server's even by a failing build. */
const SERVER = {
  mark: join('dist', 'main.js'),
  sources: ['src', 'tsconfig.json', 'tsconfig.build.json'],
  program: ['typescript/bin/tsc', '-p', 'tsconfig.build.json'],
}
const WEB_UI = {
  mark: join('dist', 'web', 'index.html'),
  sources: ['web', 'package-lock.json'],
  program: ['vite/bin/vite.js', 'build', '--config', join('web', 'vite.config.ts'), '--logLevel', 'warn'],
}
const OLDEST_NODE = [20, 19]

/** Installs and builds what is missing for the tests, or ends the process with a sentence. */
export function makeReadyForTests() {
  requireNode()
  install({ dev: true })
  ;[SERVER, WEB_UI].filter(isStale).forEach(build)
}

/** Installs and builds what is missing to run, or ends the process with a sentence. */
export function makeReady() {
  requireNode()
  // An installed package comes built, without its sources.
  if (!existsSync(join(ROOT, 'tsconfig.build.json'))) return
  const stale = [SERVER, WEB_UI].filter(isStale)
  install({ dev: stale.length > 0 })
  stale.forEach(build)
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

function isStale({ mark, sources }) {
  const built = changed(mark)
  return sources.flatMap(withContents).some((path) => changed(path) > built)
}

function withContents(path) {
  const isDirectory = statSync(join(ROOT, path)).isDirectory()
  const names = isDirectory ? readdirSync(join(ROOT, path), { recursive: true }) : []
  return [path, ...names.map((name) => join(path, String(name)))]
}

const changed = (path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0

function build({ mark, program: [script, ...args] }) {
  say(`Building ${mark === WEB_UI.mark ? 'the web UI' : 'the server'} ...`)
  // Without its mark, what a failed build left is built again by the next start.
  const forget = () => rmSync(join(ROOT, mark), { force: true })
  forget()
  run('The build', process.execPath, [join(ROOT, 'node_modules', script), ...args], forget)
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
