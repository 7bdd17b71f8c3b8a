import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// Writes the packages of the API clients into a directory: `npm run clients -- [--to DIR] [typescript|python]`.
const ROOT = resolve(import.meta.dirname, '..')
const PYTHON = join(ROOT, 'clients', 'python')

const run = (program: string, args: readonly string[], cwd: string) =>
  execFileSync(program, args, { cwd, stdio: ['ignore', process.stderr, 'inherit'] })

function packTypeScript(to: string) {
  run('npm', ['pack', '--pack-destination', to], join(ROOT, 'clients', 'typescript'))
}

/** The generator and what builds the package are installed into a virtual environment that is removed afterwards. */
function packPython(to: string) {
  const scratch = mkdtempSync(join(tmpdir(), 'muster-python-client-'))
  try {
    run('python3', ['-m', 'venv', 'venv'], scratch)
    const venv = (name: string) => join(scratch, 'venv', 'bin', name)
    run(venv('pip'), ['install', '--quiet', '--requirement', join(PYTHON, 'requirements.txt')], scratch)
    const source = ['--path', join(ROOT, 'docs', 'openapi.json'), '--config', join(PYTHON, 'openapi-python-client.yml')]
    const options = ['--meta', 'setup', '--output-path', 'client', '--fail-on-warning']
    run(venv('openapi-python-client'), ['generate', ...source, ...options], scratch)
    cpSync(join(ROOT, 'LICENSE'), join(scratch, 'client', 'LICENSE'))
    run(venv('pip'), ['wheel', '--quiet', '--no-deps', '--wheel-dir', to, './client'], scratch)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const PACKERS = { typescript: packTypeScript, python: packPython }

function main(args: string[]) {
  const to = resolve(args[0] === '--to' ? (args.splice(0, 2)[1] ?? '.') : join(ROOT, 'clients', 'dist'))
  mkdirSync(to, { recursive: true })
  for (const [name, pack] of Object.entries(PACKERS)) if (args.length === 0 || args.includes(name)) pack(to)
  console.log(`The packages are in ${to}.`)
}

main(process.argv.slice(2))
