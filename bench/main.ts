import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { BENCHES, type Bench } from './benches.ts'
import { openTestbed } from './kit/testbed.ts'
import { benchOther } from './other.ts'
import { makeOtherDevices } from './other-devices.ts'
import { tableOf } from './row.ts'

const ROOT = join(import.meta.dirname, '..')

const names = process.argv.slice(2)
const [first = '', ...rest] = names
const withOther = { other: benchOther, 'other-devices': makeOtherDevices }[first]
if (withOther) {
  console.log(await withOther(rest))
  process.exit()
}
const unknown = names.filter((name) => !BENCHES[name])
if (unknown.length > 0) {
  console.error(`Unknown bench ${unknown.join(', ')}. Choose from:\n${listOf(Object.entries(BENCHES))}`)
  process.exit(2)
}
const chosen = Object.entries(BENCHES).filter(([name, { long }]) => (names.length > 0 ? names.includes(name) : !long))

execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' })
console.log(
  [
    new Date().toISOString().slice(0, 10),
    `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.version}`,
    `\`npm run bench${names.map((name) => ` ${name}`).join('')}\``,
  ].join(', '),
)
for (const [name, bench] of chosen) console.log(`\n### ${name}: ${bench.summary}\n\n${await runOne(bench)}`)

async function runOne(bench: Bench): Promise<string> {
  if ('rows' in bench) return tableOf(await bench.rows())
  await using testbed = await openTestbed()
  return await bench.run(testbed)
}

function listOf(benches: [string, Bench][]): string {
  return benches.map(([name, { summary }]) => `  ${name}  ${summary}`).join('\n')
}
