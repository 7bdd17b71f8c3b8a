#!/usr/bin/env -S node --max-semi-space-size=64
// Requests that wait for the database outlive a small young generation: collecting it took a quarter of the time.
import { makeReady } from '../scripts/ready.js'

makeReady()
const { runCommand } = await import('../dist/cli.js')
process.exitCode = await runCommand(process.argv.slice(2))
