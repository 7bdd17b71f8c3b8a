/** A command as a completion offers it. */
export type Offered = {
  name: string
  summary: string
  /** Whether operands follow, which may be files. */
  takesFile: boolean
  options: { name: string; takesValue: boolean }[]
}

type Word = { word: string; summary: string }

/** What may follow which words, the longest first: `''` is followed by the first words of all commands. */
function followers(commands: readonly Offered[]): [before: string, words: Word[]][] {
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

const secondsOf = (commands: readonly Offered[], first: string): string =>
  commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.slice(first.length + 1))
    .join(', ')

const flags = ({ options }: Offered): string => options.map(({ name }) => `--${name}`).join(' ')

export const bashScript = (commands: readonly Offered[]): string => `# bash completion for muster
_muster() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" line="\${COMP_WORDS[*]:1:COMP_CWORD-1}" words=''
  case "$line" in
${commands
  .map((command) => `    '${command.name}' | '${command.name} '*) [[ $cur == -* ]] && words='${flags(command)}' ;;`)
  .join('\n')}
${followers(commands)
  .map(([before, words]) => `    '${before}') words='${words.map(({ word }) => word).join(' ')}' ;;`)
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _muster muster`

const zshQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

export const zshScript = (commands: readonly Offered[]): string => `#compdef muster
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
${followers(commands)
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

export const fishScript = (commands: readonly Offered[]): string => `# fish completion for muster
function __muster_after
  set -l words (commandline -opc)
  test "$words[2..-1]" = "$argv[1]"
end
function __muster_within
  set -l words (commandline -opc)
  string match -q -- "$argv[1] *" "$words[2..-1] "
end
complete -c muster -f
${followers(commands)
  .flatMap(([before, words]) =>
    words.map(
      ({ word, summary }) =>
        `complete -c muster -n "__muster_after '${before}'" -a ${fishQuoted(word)} -d ${fishQuoted(summary)}`,
    ),
  )
  .join('\n')}
${commands
  .flatMap(({ name, options, takesFile }) => [
    ...options.map(
      (option) =>
        `complete -c muster -n "__muster_within '${name}'" -l ${fishQuoted(option.name)}${option.takesValue ? ' -r' : ''}`,
    ),
    ...(takesFile ? [`complete -c muster -n "__muster_within '${name}'" -F`] : []),
  ])
  .join('\n')}`
