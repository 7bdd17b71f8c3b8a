const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const isUuid = (text: string): boolean => UUID.test(text)

/** Ids of the server are UUIDs in lower case, which clients may send in upper case. Other ids are texts of any form. */
export const toStoredId = (id: string): string => (isUuid(id) ? id.toLowerCase() : id)
