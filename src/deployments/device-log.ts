import { type Static, Type } from 'typebox'

export const LogMessage = Type.Object(
  {
    timestamp: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Time of the message, as the device writes it',
    }),
    level: Type.String({ minLength: 1, maxLength: 64, description: 'Level, such as `info` or `error`' }),
    message: Type.String({ description: 'The message' }),
  },
  { title: 'LogMessage', description: 'A line of a log' },
)
export type LogMessage = Static<typeof LogMessage>
export const DeviceLog = Type.Object(
  { messages: Type.Array(LogMessage, { description: 'The messages, oldest first' }) },
  { title: 'DeviceLog', description: 'The log of an attempt' },
)
export type DeviceLog = Static<typeof DeviceLog>

/** One line a message. */
export const logText = (messages: DeviceLog['messages']): string =>
  messages.map(({ timestamp, level, message }) => `${timestamp} ${level}: ${message}\n`).join('')
