import { type Command, parseCommand, UsageError } from './cli/command.ts'
import { type Commands, LOCAL, REMOTE } from './cli/commands.ts'
import { explain } from './cli/explain.ts'
import { didYouMean, listed } from './cli/similar.ts'
import { styled } from './cli/style.ts'
import { versionCommand } from './cli/version.ts'

const COMMANDS: Commands = { ...LOCAL, ...REMOTE }

/** Runs one command and answers its exit code: 2 where it was given or configured wrongly, 1 where it failed. */
export async function runCommand(given: string[]): Promise<number> {
  const argv = spelledOut(given)
  if (['-h', '--help', 'help', ''].includes(argv[0] ?? '')) return tell(OVERVIEW)
  if (argv[0] === '--version') return versionCommand.run({}, [])
  const name = Object.keys(COMMANDS).find((known) => known.split(' ').every((word, i) => argv[i] === word))
  const command = name && COMMANDS[name]
  if (!command) return refuseUnknown(argv)
  try {
    const { values, words } = parseCommand(command, argv.slice(name.split(' ').length))
    if (values.help) return tell(helpOf(name, command))
    // What the server keeps (secrets, artifacts, backups) is for its own account alone, whatever the shell's umask says.
    if (name in LOCAL) process.umask(0o077)
    return await command.run(values, words)
  } catch (error) {
    if (error instanceof UsageError) return fail(error.message, name)
    const { text, exit_code } = explain(error)
    console.error(inRed(text))
    return exit_code
  }
}

/** The command that a first word with options alone stands for. */
const MEANT: Readonly<Record<string, string>> = { simulate: 'load' }

function spelledOut([first = '', ...others]: string[]): string[] {
  const meant = MEANT[first]
  const hasOptionsOnly = others[0]?.startsWith('--') && others[0] !== '--help'
  return [first, ...(meant && hasOptionsOnly ? [meant] : []), ...others]
}

/** Where the first word is known, tells what may follow it. */
function refuseUnknown([first = '', second]: string[]): number {
  const known = Object.keys(COMMANDS)
  const near = Object.entries(COMMANDS).filter(([name]) => name.startsWith(`${first} `))
  if (near.length === 0) return fail(`Unknown command "${first}".${suggestion(first, second, known)}`)
  if (second === '--help' || second === '-h') return tell(`Usage: muster ${first} <command>\n\n${linesOf(near)}`)
  const words = near.map(([name]) => name.slice(first.length + 1))
  if (second === undefined || second.startsWith('-'))
    return fail(`"${first}" needs a subcommand: ${listed(words)}`, first)
  return fail(`Unknown command "${first} ${second}".${didYouMean(second, words)}`, first)
}

/** A first word may be mistyped, or be the second of a command; then the commands that end with it are meant. */
function suggestion(first: string, second: string | undefined, known: readonly string[]): string {
  const groups = [...new Set(known.map((name) => name.split(' ')[0] ?? ''))]
  const endings = known.filter((name) => name.endsWith(` ${first}`))
  if (endings.length > 0) return ` Did you mean ${listed(endings.map((name) => `"${name}"`))}?`
  return second && !second.startsWith('-')
    ? didYouMean(`${first} ${second}`, known) || didYouMean(first, groups)
    : didYouMean(first, groups)
}

const WIDTH = Math.max(...Object.keys(COMMANDS).map((name) => name.length))

const linesOf = (commands: [string, Command][]): string =>
  commands.map(([name, { summary }]) => `  ${name.padEnd(WIDTH)}  ${summary}`).join('\n')

const OVERVIEW = `Usage: muster <command> [options]

On the server's machine:
${linesOf(Object.entries(LOCAL))}

From anywhere, through the server's API:
${linesOf(Object.entries(REMOTE))}

Run "muster <command> --help" for details.`

const helpOf = (name: string, { summary, help, options, operands }: Command): string => {
  const usage = [name, ...(operands ? [operands] : []), ...(Object.keys(options).length > 0 ? ['[options]'] : [])]
  return `Usage: muster ${usage.join(' ')}\n\n${summary}.\n${help}`.trimEnd()
}

function tell(text: string): number {
  console.log(text)
  return 0
}

/** The problem alone, and where the help is: the help itself would push the problem off the screen. */
function fail(problem: string, command = ''): number {
  const sentence = /[.?]$/.test(problem) ? problem : `${problem}.`
  console.error(`${inRed(sentence)}\nSee "muster ${[command, '--help'].filter(Boolean).join(' ')}".`)
  return 2
}

const inRed = (text: string): string => styled('red', text, process.stderr)
