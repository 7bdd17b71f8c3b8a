/** Where links of e-mails lead: shown to everybody. */
const LINKED = ['/password', '/verify-email'] as const

/** The paths of the web UI's pages. Its script decides what each shows; other paths are 404. */
export const PAGES = [
  '/',
  '/devices',
  '/groups',
  '/filters',
  '/releases',
  '/deployments',
  '/settings',
  ...LINKED,
] as const
