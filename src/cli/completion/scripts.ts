/** A command, with what the shells need to complete it. */
export type CompletedCommand = {
  name: string
  summary: string
  /** Whether operands, possibly files, follow the command. */
  takesFile: boolean
  options: { name: string; takesValue: boolean }[]
}

type Word = { word: string; summary: string }

/** The words that may follow a prefix, longest prefix first. The prefix `''` is followed by all first words. */
function wordsByPrefix(commands: readonly CompletedCommand[]): [prefix: string, words: Word[]][] {
  const after = new Map<string, Word[]>()
  for (const { name, summary } of commands) {
    const [first = '', second] = name.split(' ')
    const firsts = after.get('') ?? []
    if (!firsts.some(({ word }) => word === first))
      after.set('', [...firsts, { word: first, summary: second === undefined ? summary : secondsOf(commands, first) }])
    if (second !== undefined) after.set(first, [...(after.get(first) ?? []), { word: second, summary }])
  }
  return [...after].sort(([a], [b]) => b.length - a.length)
}

const secondsOf = (commands: readonly CompletedCommand[], first: string): string =>
  commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.slice(first.length + 1))
    .join(', ')

const flags = ({ options }: CompletedCommand): string => options.map(({ name }) => `--${name}`).join(' ')

export const bashScript = (commands: readonly CompletedCommand[]): string => `# bash completion for muster
_muster() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" line="\${COMP_WORDS[*]:1:COMP_CWORD-1}" words=''
  case "$line" in
${commands
  .map((command) => `    '${command.name}' | '${command.name} '*) [[ $cur == -* ]] && words='${flags(command)}' ;;`)
  .join('\n')}
${wordsByPrefix(commands)
  .map(([before, words]) => `    '${before}') words='${words.map(({ word }) => word).join(' ')}' ;;`)
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _muster muster`

const zshQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

export const zshScript = (commands: readonly CompletedCommand[]): string => `#compdef muster
_muster() {
  local line="\${(j: :)words[2,CURRENT-1]}"
  local -a offered
  case "$line" in
${commands
  .map(
    (command) =>
      `    ${zshQuoted(command.name)} | ${zshQuoted(`${command.name} `)}*)
      if [[ $PREFIX == -* ]]; then compadd -- ${flags(command)}${command.takesFile ? '; else _files' : ''}; fi ;;`,
  )
  .join('\n')}
${wordsByPrefix(commands)
  .map(
    ([before, words]) => `    '${before}')
      offered=(${words.map(({ word, summary }) => zshQuoted(`${word}:${summary.replaceAll(':', '\\:')}`)).join(' ')})
      _describe command offered ;;`,
  )
  .join('\n')}
  esac
}
compdef _muster muster`

const fishQuoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`

const fishWithin = (name: string): string => `complete -c muster -n "__muster_within '${name}'"`

export const fishScript = (commands: readonly CompletedCommand[]): string => `# fish completion for muster
function __muster_after
  set -l words (commandline -opc)
  test "$words[2..-1]" = "$argv[1]"
end
function __muster_within
  set -l words (commandline -opc)
  string match -q -- "$argv[1] *" "$words[2..-1] "
end
complete -c muster -f
${wordsByPrefix(commands)
  .flatMap(([before, words]) =>
    words.map(
      ({ word, summary }) =>
        `complete -c muster -n "__muster_after '${before}'" -a ${fishQuoted(word)} -d ${fishQuoted(summary)}`,
    ),
  )
  .join('\n')}
${commands
  .flatMap(({ name, options, takesFile }) => [
    ...options.map((option) => `${fishWithin(name)} -l ${fishQuoted(option.name)}${option.takesValue ? ' -r' : ''}`),
    ...(takesFile ? [`${fishWithin(name)} -F`] : []),
  ])
  .join('\n')}`
