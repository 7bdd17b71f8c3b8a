const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const isUuid = (text: string): boolean => UUID.test(text)

/** Ids that the server gives are UUIDs in lower case; people and programs write them in upper case, too. Others are free texts. */
export const toStoredId = (id: string): string => (isUuid(id) ? id.toLowerCase() : id)
