import { type ParseArgsConfig, parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import type { OpenEnv } from '../open-env.ts'
import { didYouMean } from './similar.ts'

export type Options = NonNullable<ParseArgsConfig['options']>
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

export type Command = {
  /** One line for the overview. */
  summary: string
  /** The text of `--help` below the summary: one option per line, then further explanations. */
  help: string
  options: Options
  /** Positional arguments, as the help shows them: `ID PHASE`, `[FILTER]`, `ID...`; undefined: options only. */
  operands?: string
  /** The exit code for wrong usage, if 2 has another meaning. */
  usage_exit_code?: number
  /** Returns the exit code. */
  run(values: Values, operands: string[]): Promise<number>
}

/** Wrong usage of a command: exit code 2. */
export class UsageError extends Error {}

export function parseCommand({ options, operands }: Command, argv: string[]): { values: Values; words: string[] } {
  const { values, positionals } = parse(options, operands !== undefined, argv)
  const named = operands?.split(' ') ?? []
  const missing = named.slice(positionals.length).find((name) => !name.startsWith('['))
  if (!values.help && missing !== undefined) throw new UsageError(`${missing} is required`)
  if (operands !== undefined && !operands.includes('...') && positionals.length > named.length) {
    const expected = named.length === 1 ? `one ${operands.replace(/[[\]]/g, '')}` : operands
    throw new UsageError(`Give only ${expected}: put values that contain spaces in quotes`)
  }
  return { values, words: positionals }
}

function parse(options: Options, allowPositionals: boolean, args: string[]) {
  try {
    return parseArgs({ args, allowPositionals, options: { ...options, help: { type: 'boolean', short: 'h' } } })
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    // The unexpected argument is not repeated: it may be the second word of a password.
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
      throw new UsageError('This command takes options only: put values that contain spaces in quotes')
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(unknownOption(message, options))
    if (code?.startsWith('ERR_PARSE_ARGS')) throw new UsageError(message.split(/\.\s/)[0] ?? message)
    throw error
  }
}

function unknownOption(message: string, options: Options): string {
  const [sentence = message, option = ''] = /^Unknown option '(.+?)'/.exec(message) ?? []
  return `${sentence}.${didYouMean(
    option,
    Object.keys(options).map((name) => `--${name}`),
  )}`
}

export const optional = (values: Values, name: string): string | undefined => values[name] as string | undefined

export function required(values: Values, name: string): string {
  const value = optional(values, name)?.trim()
  if (!value) throw new UsageError(`--${name} is required`)
  return value
}

export const several = (values: Values, name: string): string[] => (values[name] ?? []) as string[]

/** The value of an option that is an integer of at least `min`. */
export function wholeNumber(values: Values, name: string, min = 0): number | undefined {
  const text = optional(values, name)
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text) && Number(text) >= min) return Number(text)
  throw new UsageError(`--${name} must be a whole number, at least ${min}`)
}

/** Opens the database of a running server, or starts the embedded database for the duration of `work`. */
export async function withEnv<Result>(work: (env: OpenEnv) => Promise<Result>): Promise<Result> {
  const config = readConfig()
  const { openEnv } = await import('../open-env.ts')
  await using env = await openEnv(config, { exclusive: false })
  return await work(env)
}
