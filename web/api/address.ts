import { useBrowserLocation, useSearch } from 'wouter/use-browser-location'

/** The router decodes addresses once too often: `50%25` is passed as `50%2525`, so that it stays `50%25`. */
const encoded = (text: string): string => text.replaceAll('%25', '%2525')

export const useAddress: typeof useBrowserLocation = (options) => {
  const [path, go] = useBrowserLocation(options)
  return [encoded(path), go]
}

export const useAddressQuery: typeof useSearch = (options) => encoded(useSearch(options))

/** Decodes a segment of a path; returns malformed input unchanged. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
