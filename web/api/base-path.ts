/** The path prefix at which a proxy serves this server, without a trailing slash; '' at the root. */
export const BASE_PATH = new URL(document.baseURI).pathname.replace(/\/+$/, '')

/** The server URL for the configuration of devices. */
export const SERVER_URL = location.origin + BASE_PATH

/** The path of a request, with the prefix of the proxy. */
export const withBasePath = (path: string): string => BASE_PATH + path
