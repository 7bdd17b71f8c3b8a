import { type Command, withEnv } from './command.ts'

export const migrateCommand: Command = {
  summary: 'Bring the database up to date',
  help: `
The server does this by itself when it starts; do it beforehand to see that it works.`,
  options: {},
  run: () =>
    // Opening is what migrates.
    withEnv(async () => {
      console.log('The database is up to date.')
      return 0
    }),
}
