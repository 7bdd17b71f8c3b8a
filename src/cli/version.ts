import { VERSION } from '../version.ts'
import type { Command } from './command.ts'

export const versionCommand: Command = {
  summary: 'Print the version',
  help: '',
  options: {},
  async run() {
    console.log(VERSION)
    return 0
  },
}
