import { type Command, UsageError } from './command.ts'
import { bashScript, fishScript, type Offered, zshScript } from './completion/scripts.ts'
import { didYouMean, listed } from './similar.ts'

const SCRIPTS: Readonly<Record<string, (commands: readonly Offered[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}
const SHELLS = Object.keys(SCRIPTS)

/** `commands`: asked for when it runs, because it is one of them itself. */
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
    console.log(script(offeredBy(commands())))
    return 0
  },
})

const offeredBy = (commands: Readonly<Record<string, Command>>): Offered[] =>
  Object.entries(commands).map(([name, { summary, options, operands }]) => ({
    ...{ name, summary, takesFile: operands !== undefined },
    options: [...Object.entries(options), ['help', { type: 'boolean' }] as const].map(([option, { type }]) => ({
      ...{ name: option, takesValue: type === 'string' },
    })),
  }))
