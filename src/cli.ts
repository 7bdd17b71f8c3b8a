import { type Command, parseCommand, UsageError } from './cli/command.ts'
import { type Commands, LOCAL, REMOTE } from './cli/commands.ts'
import { explain } from './cli/explain.ts'
import { didYouMean, listed } from './cli/similar.ts'
import { styled } from './cli/style.ts'
import { versionCommand } from './cli/version.ts'

const COMMANDS: Commands = { ...LOCAL, ...REMOTE }

/** Runs one command and returns its exit code: mostly 2 for wrong usage or configuration, 1 for other failures. */
export async function runCommand(args: string[]): Promise<number> {
  const argv = expandAlias(args)
  if (['-h', '--help', 'help', ''].includes(argv[0] ?? '')) return print(OVERVIEW)
  if (argv[0] === '--version') return versionCommand.run({}, [])
  const name = Object.keys(COMMANDS).find((known) => known.split(' ').every((word, i) => argv[i] === word))
  const command = name && COMMANDS[name]
  if (!command) return failUnknown(argv)
  try {
    const { values, words } = parseCommand(command, argv.slice(name.split(' ').length))
    if (values.help) return print(helpOf(name, command))
    // Only the account of the server may read secrets, artifacts and backups, whatever the umask of the shell.
    if (name in LOCAL) process.umask(0o077)
    return await command.run(values, words)
  } catch (error) {
    if (error instanceof UsageError) return fail(error.message, name, command.usage_exit_code)
    const { text, exit_code } = explain(error)
    console.error(inRed(text))
    return exit_code
  }
}

/** The subcommand that is implied if the first word is followed by options only. */
const IMPLIED: Readonly<Record<string, string>> = { simulate: 'load' }

function expandAlias([first = '', ...others]: string[]): string[] {
  const implied = IMPLIED[first]
  const hasOptionsOnly = others[0]?.startsWith('--') && others[0] !== '--help'
  return [first, ...(implied && hasOptionsOnly ? [implied] : []), ...others]
}

/** If the first word is known, the error lists its subcommands. */
function failUnknown([first = '', second]: string[]): number {
  const known = Object.keys(COMMANDS)
  const subcommands = Object.entries(COMMANDS).filter(([name]) => name.startsWith(`${first} `))
  if (subcommands.length === 0) return fail(`Unknown command "${first}".${suggestion(first, second, known)}`)
  if (second === '--help' || second === '-h')
    return print(`Usage: muster ${first} <command>\n\n${linesOf(subcommands)}`)
  const words = subcommands.map(([name]) => name.slice(first.length + 1))
  if (second === undefined || second.startsWith('-'))
    return fail(`"${first}" needs a subcommand: ${listed(words)}`, first)
  return fail(`Unknown command "${first} ${second}".${didYouMean(second, words)}`, first)
}

/** The first word may be mistyped, or be the second word of a command. */
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

function print(text: string): number {
  console.log(text)
  return 0
}

/** Prints the problem and how to get help; the help text itself would push the problem off the screen. */
function fail(problem: string, command = '', exit_code = 2): number {
  const sentence = /[.?]$/.test(problem) ? problem : `${problem}.`
  console.error(`${inRed(sentence)}\nSee "muster ${[command, '--help'].filter(Boolean).join(' ')}".`)
  return exit_code
}

const inRed = (text: string): string => styled('red', text, process.stderr)
