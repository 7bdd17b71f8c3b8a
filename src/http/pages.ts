/** Where the web UI has pages. Its script decides what each shows; all else is no page. */
export const PAGES = ['/', '/devices', '/releases', '/deployments', '/settings'] as const
