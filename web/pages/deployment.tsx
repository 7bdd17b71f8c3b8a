import { Page } from '../parts/page.tsx'

export default function Deployment({ id }: { id: string }) {
  return <Page title={id}>{null}</Page>
}
