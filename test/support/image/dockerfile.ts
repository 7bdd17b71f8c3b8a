/** One instruction, its continuation lines joined. */
export type Instruction = { name: string; words: string; flags: Record<string, string> }

export type Stage = { from: string; name: string | undefined; instructions: Instruction[] }

/**
 * The stages of a Dockerfile in their order. It reads what our Dockerfile uses of the syntax, and throws at anything
 * else.
 */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  for (const line of joinedLines(text)) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (!KNOWN.has(name)) throw new Error(`This instruction is not understood: ${line}`)
    if (name === 'FROM') {
      const [from = '', as, stage] = rest.split(/\s+/)
      if (as !== undefined && as !== 'AS') throw new Error(`This stage is not understood: ${line}`)
      stages.push({ from, name: stage, instructions: [] })
    } else stages.at(-1)?.instructions.push({ name, ...withFlags(rest) })
  }
  return stages
}

const KNOWN = new Set([
  ...['FROM', 'ENV', 'WORKDIR', 'COPY', 'RUN', 'USER', 'VOLUME', 'EXPOSE'],
  ...['STOPSIGNAL', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'],
])

const joinedLines = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

function withFlags(rest: string): Pick<Instruction, 'words' | 'flags'> {
  const flags: Record<string, string> = {}
  let words = rest
  for (let found = FLAG.exec(words); found; found = FLAG.exec(words)) {
    flags[found[1]!] = found[2]!
    words = words.slice(found[0].length)
  }
  return { words, flags }
}

const FLAG = /^--([a-z-]+)=(\S+)\s+/

/** What an image sets for the processes in it. */
export type ImageConfig = {
  env: Record<string, string>
  /** Numbers, with a colon between them; undefined: root */
  user: string | undefined
  dir: string
  volume: string | undefined
  command: string[]
  healthcheck: string[]
  stop_signal: string
}

export function configOf({ instructions }: Stage): ImageConfig {
  const last = (name: string) => instructions.findLast((one) => one.name === name)?.words
  const list = (words: string | undefined): string[] => (words === undefined ? [] : JSON.parse(words))
  return {
    env: Object.fromEntries(
      instructions.filter(({ name }) => name === 'ENV').flatMap(({ words }) => words.split(' ').map(pairOf)),
    ),
    user: last('USER'),
    dir: last('WORKDIR') ?? '/',
    volume: last('VOLUME'),
    command: [...list(last('ENTRYPOINT')), ...list(last('CMD'))],
    healthcheck: list(last('HEALTHCHECK')?.replace(/^CMD /, '')),
    stop_signal: last('STOPSIGNAL') ?? 'SIGTERM',
  }
}

function pairOf(word: string): [string, string] {
  const [name = '', ...value] = word.split('=')
  return [name, value.join('=')]
}
