import { useBrowserLocation, useSearch } from 'wouter/use-browser-location'

/** The router decodes addresses once more than they were encoded: so that `50%25` stays that, it is told `50%2525`. */
const encoded = (text: string): string => text.replaceAll('%25', '%2525')

export const useAddress: typeof useBrowserLocation = (options) => {
  const [path, go] = useBrowserLocation(options)
  return [encoded(path), go]
}

export const useAddressQuery: typeof useSearch = (options) => encoded(useSearch(options))

/** What a part of a path says; itself where somebody wrote it by hand, and wrongly. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
