import { SETTINGS, type Setting } from './settings.ts'

type ValueOf<Row> = Row extends { default: string; parse: (text: string) => infer Value }
  ? Value
  : Row extends { parse: (text: string) => infer Value }
    ? Value | undefined
    : never

export type Settings = { [Name in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[Name]> }

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads every setting by itself; what is wrong with one is added to `problems`, and its default is returned. */
export function readSettings(environment: Environment, problems: string[]): Settings {
  const read = ([name, setting]: [string, Setting]) => {
    const given = environment[name]
    try {
      if (given) return [name, setting.parse(given)]
    } catch (error) {
      problems.push(`${name}=${/PASSWORD|URL|SECRET/.test(name) ? '...' : given}: ${(error as Error).message}`)
    }
    return [name, setting.default === undefined ? undefined : setting.parse(setting.default)]
  }
  return Object.fromEntries(Object.entries<Setting>(SETTINGS).map(read)) as Settings
}
