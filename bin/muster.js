#!/usr/bin/env -S node --max-semi-space-size=64
import { makeReady } from '../scripts/ready.js'

makeReady()
const { runCommand } = await import('../dist/cli.js')
process.exitCode = await runCommand(process.argv.slice(2))
