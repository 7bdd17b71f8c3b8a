import { Page } from '../parts/page.tsx'

export default function Device({ id }: { id: string }) {
  return <Page title={id}>{null}</Page>
}
