/** A file that a document shows below a paragraph that begins with its path. */
export type File = { kind: 'file'; path: string; content: string }
/** Commands with their outputs. */
export type Commands = { kind: 'commands'; line: number; lines: string[] }
export type Command = { user: string; command: string; output: string; line: number }

const PATH = /^`([\w./-]+)`/
const PROMPT = /^(\w+)\$ (.*)$/
const INDENT = '    '

/** The indented blocks of a document that are files or have a prompt such as `ada$ `, in order. */
export function blocksIn(document: string): (File | Commands)[] {
  const lines = document.split('\n')
  const blocks: (File | Commands)[] = []
  let paragraph = ''
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line === '') continue
    if (!line.startsWith(INDENT)) {
      if (lines[i - 1] === '') paragraph = line
      continue
    }
    const end = lines.findIndex((one, at) => at > i && one !== '' && !one.startsWith(INDENT))
    const block = lines.slice(i, end < 0 ? undefined : end).map((one) => one.slice(INDENT.length))
    const [, path] = PATH.exec(paragraph) ?? []
    if (path) blocks.push({ kind: 'file', path, content: `${block.join('\n').trimEnd()}\n` })
    else if (block.some((one) => PROMPT.test(one))) blocks.push({ kind: 'commands', line: i + 1, lines: block })
    paragraph = ''
    i += block.length - 1
  }
  return blocks
}

/** The commands of a block. Those of `build` that follow each other are one script. */
export function commandsIn({ line, lines }: Commands): Command[] {
  const commands: Command[] = []
  for (const [i, text] of lines.entries()) {
    const [, user = '', command = ''] = PROMPT.exec(text) ?? []
    const last = commands.at(-1)
    if (user === '' && last) {
      if (last.command.endsWith('\\')) last.command = `${last.command.slice(0, -1)}${text.trim()}`
      else last.output += `${text}\n`
    } else if (user === 'build' && last?.user === 'build') {
      last.command += `\n${command}`
    } else if (user !== '') commands.push({ user, command, output: '', line: line + i })
  }
  return commands
}
