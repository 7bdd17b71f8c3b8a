import { type Client, openClient } from '../client/client.ts'
import { ServerError } from '../client/server-error.ts'
import type { Command } from './command.ts'
import { forgetLogin, readLogin } from './remote/login-file.ts'

export const logoutCommand: Command = {
  summary: 'Log out and delete the saved token',
  help: `
  --insecure            accept any TLS certificate`,
  options: { insecure: { type: 'boolean' } },
  async run({ insecure }) {
    const login = await readLogin()
    if (!login) {
      console.log('You are not logged in.')
      return 0
    }
    await forgetLogin()
    await endSession(openClient({ ...login, insecure: Boolean(insecure) }))
    console.log(`Logged out of ${login.url}.`)
    return 0
  },
}

async function endSession(client: Client): Promise<void> {
  try {
    await client.post('/api/management/v1/useradm/auth/logout')
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    // A token that is rejected has already expired.
    if (error.code === 'unauthorized') return
    throw new ServerError(
      `The saved token was deleted, but the session on the server may still be active. ${error.message}`,
    )
  }
}
