import { type ParseArgsConfig, parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import type { OpenEnv } from '../open-env.ts'

export type Options = NonNullable<ParseArgsConfig['options']>
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

export type Command = {
  /** One line for the overview. */
  summary: string
  /** What `--help` tells below the usage line: one option a line, then anything worth knowing. */
  help: string
  options: Options
  /** Answers the exit code. */
  run(values: Values): Promise<number>
}

/** A command that was given wrongly: told together with its help, exit code 2. */
export class UsageError extends Error {}

export function parseOptions(options: Options, argv: string[]): Values {
  try {
    return parseArgs({ args: argv, options: { ...options, help: { type: 'boolean', short: 'h' } } }).values
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    // What is no option may be the second word of a password.
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
      throw new UsageError('This command takes options only: put quotes around values that hold spaces')
    if (code?.startsWith('ERR_PARSE_ARGS')) throw new UsageError(message.split('. ')[0] ?? message)
    throw error
  }
}

export const optional = (values: Values, name: string): string | undefined => values[name] as string | undefined

export function required(values: Values, name: string): string {
  const value = optional(values, name)?.trim()
  if (!value) throw new UsageError(`--${name} is needed`)
  return value
}

/** Opens the database beside a running server, or starts it for as long as `work` takes. */
export async function withEnv<Result>(work: (env: OpenEnv) => Promise<Result>): Promise<Result> {
  const config = readConfig()
  const { openEnv } = await import('../open-env.ts')
  await using env = await openEnv(config, { exclusive: false })
  return await work(env)
}
