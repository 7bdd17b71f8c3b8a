/** A row as the API returns it: Mender's web GUI fails on members that are null. */
export const withoutNulls = <Shape extends object>(row: object): Shape =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Shape
