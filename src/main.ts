import { runCommand } from './cli.ts'

const [command = 'serve', ...rest] = process.argv.slice(2)
process.exitCode = await runCommand([command, ...rest])
