import { makeReady } from './ready.js'

makeReady()
// In this process, so that signals reach the server.
const { runCommand } = await import('../dist/cli.js')
const [command = 'serve', ...rest] = process.argv.slice(2)
process.exitCode = await runCommand([command, ...rest])
