import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { withBasePath } from '../api/base-path.ts'
import { type Query, queryText } from '../api/http.ts'

type Props = { path: string; query?: Query; label?: string; size?: string }

/** Downloads a whole list as a table, however long it is. */
export const ExportCsv = ({ path, query = {}, label = 'Export as CSV', size = 'sm' }: Props) => (
  <Button
    component="a"
    href={withBasePath(path) + queryText(query)}
    download
    variant="default"
    size={size}
    leftSection={<IconDownload size={16} aria-hidden />}
  >
    {label}
  </Button>
)
