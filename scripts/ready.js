import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Runs before anything is installed, on any Node.js with ES modules: JavaScript without dependencies.
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
/**
 * What each build produces, from which sources and by which program. The output file of the web UI is written last; the
 * one of the server even by a failing build.
 */
const SERVER = {
  name: 'the server',
  output: join('dist', 'main.js'),
  sources: ['src', 'tsconfig.json', 'tsconfig.build.json'],
  program: ['typescript/bin/tsc', '-p', 'tsconfig.build.json'],
}
const WEB_UI = {
  name: 'the web UI',
  output: join('dist', 'web', 'index.html'),
  sources: ['web', 'package-lock.json'],
  program: viteWith(join('web', 'vite.config.ts')),
}
/** What the tests start as `muster`. */
const PROGRAM_CONFIG = join('test', 'support', 'program.config.ts')
const TEST_PROGRAM = {
  name: 'the program of the tests',
  output: join('dist-test', 'main.js'),
  sources: [...SERVER.sources, 'package-lock.json', PROGRAM_CONFIG],
  program: viteWith(PROGRAM_CONFIG),
}
const OLDEST_NODE = [20, 19]

function viteWith(config) {
  return ['vite/bin/vite.js', 'build', '--config', config, '--logLevel', 'warn']
}

/** Installs and builds what is missing for the tests, or exits with an error message. */
export function makeReadyForTests() {
  requireNode()
  install({ dev: true })
  ;[SERVER, WEB_UI, TEST_PROGRAM].filter(isStale).forEach(build)
}

/** Installs and builds what is missing to run, or exits with an error message. */
export function makeReady() {
  requireNode()
  // A published package is already built and has no sources.
  if (!existsSync(join(ROOT, 'tsconfig.build.json'))) return
  const stale = [SERVER, WEB_UI].filter(isStale)
  install({ dev: stale.length > 0 })
  stale.forEach(build)
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  const oldest = OLDEST_NODE.join('.')
  exit(`Muster requires Node.js ${oldest} or later, but this is ${process.version}. Install a newer version.`)
}

function install({ dev }) {
  if (isInstalled({ dev })) return
  log('Installing dependencies ...')
  const npm = process.env.npm_execpath ?? ''
  const [program, ...args] = npm.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm']
  const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  run('The installation', program, [...args, 'ci', ...options])
}

/** Whether node_modules matches package-lock.json. `dev`: including what only builds and tests need. */
function isInstalled({ dev }) {
  const required = packagesOf('package-lock.json')
  const installed = packagesOf(join('node_modules', '.package-lock.json'))
  return Object.entries(required).every(([path, entry]) => {
    if (path === '' || (entry.dev && !dev)) return true
    const found = installed[path]
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

function isStale({ output, sources }) {
  const built = modified(output)
  return sources.flatMap(withContents).some((path) => modified(path) > built)
}

function withContents(path) {
  const isDirectory = statSync(join(ROOT, path)).isDirectory()
  const names = isDirectory ? readdirSync(join(ROOT, path), { recursive: true }) : []
  return [path, ...names.map((name) => join(path, String(name)))]
}

const modified = (path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0

function build({ name, output, program: [script, ...args] }) {
  log(`Building ${name} ...`)
  // Without its output file, the next start repeats a build that failed.
  const removeOutput = () => rmSync(join(ROOT, output), { force: true })
  removeOutput()
  run('The build', process.execPath, [join(ROOT, 'node_modules', script), ...args], removeOutput)
}

function run(what, program, args, undo = () => {}) {
  const shell = process.platform === 'win32' && program === 'npm'
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, shell, encoding: 'utf8' })
  if (status === 0) return
  undo()
  exit(`${what} failed${error ? `: ${error.message}` : '.'}\n${stdout ?? ''}${stderr ?? ''}`)
}

const log = (line) => process.stderr.write(`${line}\n`)

function exit(message) {
  log(message)
  process.exit(1)
}
