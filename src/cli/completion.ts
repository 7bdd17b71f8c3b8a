import { type Command, UsageError } from './command.ts'
import { bashScript, type CompletedCommand, fishScript, zshScript } from './completion/scripts.ts'
import { didYouMean, listed } from './similar.ts'

const SCRIPTS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}
const SHELLS = Object.keys(SCRIPTS)

/** `commands` is evaluated when the command runs, because it includes this command. */
export const completionCommand = (commands: () => Readonly<Record<string, Command>>): Command => ({
  summary: 'Print a shell completion script',
  operands: 'SHELL',
  help: `
SHELL is ${listed(SHELLS)}. To enable completion in the current shell, with muster on the PATH:

  bash    source <(muster completion bash)
  zsh     source <(muster completion zsh)         (after compinit)
  fish    muster completion fish | source

For all new shells, add that line to ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.`,
  options: {},
  async run(_values, [shell = '']) {
    const script = SCRIPTS[shell]
    if (!script) throw new UsageError(`SHELL must be ${listed(SHELLS)}.${didYouMean(shell, SHELLS)}`)
    console.log(script(toCompleted(commands())))
    return 0
  },
})

const toCompleted = (commands: Readonly<Record<string, Command>>): CompletedCommand[] =>
  Object.entries(commands).map(([name, { summary, options, operands }]) => ({
    ...{ name, summary, takesFile: operands !== undefined },
    options: [...Object.entries(options), ['help', { type: 'boolean' }] as const].map(([option, { type }]) => ({
      ...{ name: option, takesValue: type === 'string' },
    })),
  }))
