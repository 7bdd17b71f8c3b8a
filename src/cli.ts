import { type Command, parseOptions, UsageError } from './cli/command.ts'
import { demoCommand } from './cli/demo.ts'
import { explain } from './cli/explain.ts'
import { migrateCommand } from './cli/migrate.ts'
import { serveCommand } from './cli/serve.ts'
import {
  tenantResumeCommand,
  tenantSetMaxDevicesCommand,
  tenantSetPlanCommand,
  tenantSuspendCommand,
} from './cli/tenant-change.ts'
import { tenantCreateCommand } from './cli/tenant-create.ts'
import { tenantListCommand } from './cli/tenant-list.ts'
import { tenantShowCommand } from './cli/tenant-show.ts'
import { userCreateCommand } from './cli/user-create.ts'
import { versionCommand } from './cli/version.ts'

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  demo: demoCommand,
  migrate: migrateCommand,
  'tenant create': tenantCreateCommand,
  'tenant list': tenantListCommand,
  'tenant show': tenantShowCommand,
  'tenant suspend': tenantSuspendCommand,
  'tenant resume': tenantResumeCommand,
  'tenant set-plan': tenantSetPlanCommand,
  'tenant set-max-devices': tenantSetMaxDevicesCommand,
  'user create': userCreateCommand,
  version: versionCommand,
}

/** Runs one command and answers its exit code: 2 where it was given or configured wrongly, 1 where it failed. */
export async function runCommand(argv: string[]): Promise<number> {
  if (['-h', '--help', 'help', undefined].includes(argv[0])) return tell(OVERVIEW)
  if (argv[0] === '--version') return versionCommand.run({})
  const name = Object.keys(COMMANDS).find((known) => known.split(' ').every((word, i) => argv[i] === word))
  const command = name && COMMANDS[name]
  if (!command) return fail(`There is no command "${argv[0]}"`, OVERVIEW)
  try {
    const values = parseOptions(command.options, argv.slice(name.split(' ').length))
    return values.help ? tell(helpOf(name, command)) : await command.run(values)
  } catch (error) {
    if (error instanceof UsageError) return fail(error.message, helpOf(name, command))
    const { text, exit_code } = explain(error)
    console.error(text)
    return exit_code
  }
}

const WIDTH = Math.max(...Object.keys(COMMANDS).map(({ length }) => length))

const OVERVIEW = `Usage: muster <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(WIDTH)}  ${summary}`)
  .join('\n')}

muster <command> --help tells more about each.`

const helpOf = (name: string, { summary, help, options }: Command): string =>
  `Usage: muster ${name}${Object.keys(options).length > 0 ? ' [options]' : ''}\n\n${summary}.\n${help}`.trimEnd()

function tell(text: string): number {
  console.log(text)
  return 0
}

function fail(problem: string, help: string): number {
  console.error(`${problem}.\n\n${help}`)
  return 2
}
