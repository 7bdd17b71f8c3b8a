import { GROUPS, type Setting } from '../config/settings.ts'

const NAME = Math.max(
  ...Object.values(GROUPS)
    .flatMap(Object.keys)
    .map((name) => name.length),
)
const COLUMN = NAME + 4
const WIDTH = 100

/** The table of settings as `muster serve --help` shows it. */
export const settingsHelp = (): string =>
  Object.entries(GROUPS)
    .map(([title, settings]) => [`\n${title}:`, ...Object.entries(settings).map(lineOf)].join('\n'))
    .join('\n')

const lineOf = ([name, { meaning, default: fallback, otherwise }]: [string, Setting]): string => {
  const unset = fallback || otherwise
  const words = `${meaning}${unset ? ` (${unset})` : ''}`.replaceAll('`', '').split(' ')
  return `  ${name.padEnd(NAME)}  ${wrapped(words).join(`\n${' '.repeat(COLUMN)}`)}`
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = []
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`
    if (lines.length > 0 && COLUMN + longer.length <= WIDTH) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}
