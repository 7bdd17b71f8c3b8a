// What the package @muster-ota/client exports.
export type * from './api.ts'
export { type Client, type Created, openClient, type Response } from './client.ts'
export { type Connection, type Login, logIn } from './manager.ts'
export { ServerError } from './server-error.ts'
export { type Upload, uploadOf } from './upload.ts'
