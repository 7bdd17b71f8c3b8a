/** The paths of the web UI's pages. Its script decides what each shows; other paths are 404. */
export const PAGES = ['/', '/devices', '/groups', '/filters', '/releases', '/deployments', '/settings'] as const
