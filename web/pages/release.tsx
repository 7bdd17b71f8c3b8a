import { Page } from '../parts/page.tsx'

export default function Release({ name }: { name: string }) {
  return <Page title={name}>{null}</Page>
}
