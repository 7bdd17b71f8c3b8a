import { type Static, Type } from 'typebox'

export const LogMessage = Type.Object({
  timestamp: Type.String({ minLength: 1, maxLength: 64 }),
  level: Type.String({ minLength: 1, maxLength: 64 }),
  message: Type.String(),
})
export type LogMessage = Static<typeof LogMessage>
export const DeviceLog = Type.Object({ messages: Type.Array(LogMessage) })
export type DeviceLog = Static<typeof DeviceLog>

/** One line a message. */
export const logText = (messages: DeviceLog['messages']): string =>
  messages.map(({ timestamp, level, message }) => `${timestamp} ${level}: ${message}\n`).join('')
