/** What an example of a document does: a command with its output, or the time that passes before the next one. */
export type Step =
  | { kind: 'command'; line: number; user: string; argv: string[]; output: string }
  | { kind: 'later'; ms: number }
  | { kind: 'at'; time: string }

const UNITS_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const INDENT = 4
const PROMPT = /^(\w+)\$ (.*)$/
const LATER = /^# (\d+) (minute|hour|day)s? later\b/
const AT = /^# at (\d\d:\d\d) UTC\b/

/**
 * The steps in the indented blocks of a part of a document that begins at `first`: commands after a prompt `ada$ `, with
 * their output below, and the comments `# 2 hours later` and `# at 12:00 UTC`.
 */
export function stepsIn(part: string, first: number): Step[] {
  const lines = part.split('\n')
  const steps: Step[] = []
  for (let i = 0; i < lines.length; i++) {
    const text = contentOf(lines[i])
    const [, amount, unit = ''] = LATER.exec(text) ?? []
    const [, time] = AT.exec(text) ?? []
    const [, user, words = ''] = PROMPT.exec(text) ?? []
    if (amount) steps.push({ kind: 'later', ms: Number(amount) * (UNITS_MS[unit] ?? Number.NaN) })
    if (time) steps.push({ kind: 'at', time })
    if (!user) continue
    const line = first + i
    let command = words
    while (command.endsWith('\\')) command = command.slice(0, -1) + contentOf(lines[++i])
    steps.push({ kind: 'command', line, user, argv: wordsOf(command), output: outputIn(lines.slice(i + 1)) })
  }
  return steps
}

/** Empty if the line is not in a block. */
const contentOf = (line = ''): string => (line.startsWith(' '.repeat(INDENT)) ? line.slice(INDENT) : '')

/** The words as a shell splits them. Of all else that a shell does, the documents use nothing. */
const wordsOf = (command: string): string[] =>
  [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''))

/** The lines up to the next command, comment or paragraph. */
function outputIn(below: readonly string[]): string {
  const end = below.findIndex((line) => {
    const text = contentOf(line)
    return text === '' ? line !== '' : PROMPT.test(text) || text.startsWith('# ')
  })
  return below
    .slice(0, end < 0 ? undefined : end)
    .join('\n')
    .trim()
}
