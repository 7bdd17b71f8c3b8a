import { Type } from 'typebox'

export const DownloadLink = Type.Object(
  {
    uri: Type.String({ description: 'URL of the file' }),
    expire: Type.String({ format: 'date-time', description: 'Time until which the link is valid' }),
    method: Type.Literal('GET', { description: 'Method of the request' }),
  },
  { title: 'DownloadLink', description: 'A link to the file of an artifact, which needs no login' },
)
