import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { BENCHES, type Bench } from './benches.ts'
import { openStand } from './kit/stand.ts'
import { tableOf } from './row.ts'

const ROOT = join(import.meta.dirname, '..')

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !BENCHES[name])
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. There are:\n${listOf(Object.entries(BENCHES))}`)
  process.exit(2)
}
const chosen = Object.entries(BENCHES).filter(([name, { long }]) => (asked.length > 0 ? asked.includes(name) : !long))

execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' })
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, \`npm run bench${asked.map((name) => ` ${name}`).join('')}\``,
)
for (const [name, bench] of chosen) console.log(`\n### ${name}: ${bench.summary}\n\n${await runOne(bench)}`)

async function runOne(bench: Bench): Promise<string> {
  if ('rows' in bench) return tableOf(await bench.rows())
  await using stand = await openStand()
  return await bench.run(stand)
}

function listOf(benches: [string, Bench][]): string {
  return benches.map(([name, { summary }]) => `  ${name}  ${summary}`).join('\n')
}
