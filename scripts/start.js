import { makeReady } from './ready.js'

makeReady()
// In this process, so that signals reach the server.
await import('../dist/main.js')
