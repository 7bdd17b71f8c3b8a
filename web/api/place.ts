/** The path under which a proxy serves this server, without a slash at its end: '' where it is the root. */
export const PREFIX = new URL(document.baseURI).pathname.replace(/\/+$/, '')

/** The server URL to set on devices. */
export const SERVER_URL = location.origin + PREFIX

/** Where a path of the server is to be asked for. */
export const placed = (path: string): string => PREFIX + path
