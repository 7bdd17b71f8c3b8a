import { type Command, withEnv } from './command.ts'

export const migrateCommand: Command = {
  summary: 'Migrate the database to this version',
  help: `
The server also does this when it starts. Run it beforehand to check that the migration succeeds.`,
  options: {},
  run: () =>
    // Opening the database migrates it.
    withEnv(async () => {
      console.log('The database is up to date.')
      return 0
    }),
}
