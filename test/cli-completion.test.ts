import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { LOCAL, REMOTE } from '../src/cli/commands.ts'
import { runHere } from './support/run-here.ts'

const COMMANDS = { ...LOCAL, ...REMOTE }

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runHere(['completion', shell])
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

/** The completions that Bash offers for the last of these words. */
async function offered(...words: string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const script = `${await scriptFor('bash')}
COMP_WORDS=(muster ${quoted}); COMP_CWORD=${words.length}; _muster; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean).sort()
}

test('Bash completes the first word, the second, and the options of a command', async () => {
  expect(await offered('s')).toEqual(['serve', 'sign-in-providers', 'simulate', 'storage'])
  expect(await offered('devices', '')).toEqual(['accept', 'decommission', 'explain', 'list', 'pin', 'reject', 'unpin'])
  expect(await offered('devices', 'list', '--f')).toEqual(['--filter'])
  expect(await offered('tenant', 'create', '--name', 'x', '--pl')).toEqual(['--plan'])
  expect(await offered('artifacts', 'upload', '')).toEqual([])
  expect(await offered('nowhere', '')).toEqual([])
})

test('Bash completes every command and every option of it', async () => {
  const firsts = new Set(Object.keys(COMMANDS).map((name) => name.split(' ')[0]))
  expect(await offered('')).toEqual([...firsts].sort())
  for (const [name, { options }] of Object.entries(COMMANDS)) {
    const words = name.split(' ')
    expect(await offered(...words)).toContain(words.at(-1))
    expect(await offered(...words, '--')).toEqual([...Object.keys(options), 'help'].map((one) => `--${one}`).sort())
  }
})

test.each(['zsh', 'fish'])('the script for %s names every command, its summary and its options', async (shell) => {
  const script = await scriptFor(shell)
  for (const [name, { summary, options }] of Object.entries(COMMANDS)) {
    expect(script).toContain(name)
    for (const text of [...Object.keys(options), ...(name === 'version' ? [summary] : [])])
      expect(script).toContain(text)
  }
})
