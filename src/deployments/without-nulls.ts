/** A row as the API shows it: the web GUI gives up on members that are null. */
export const withoutNulls = <Shape extends object>(row: object): Shape =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Shape
