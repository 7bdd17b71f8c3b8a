import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { withBasePath } from '../api/base-path.ts'
import { completeEmailVerification, secretOfLink } from '../api/mailed-links.ts'
import { FrontForm, FrontPage } from '../parts/front-page.tsx'

/** Where the link of an e-mail leads. A program that opens the links of e-mails confirms nothing. */
export default function VerifyEmail() {
  const verify = useMutation({ mutationFn: () => completeEmailVerification(secretOfLink()) })
  const go = (
    <Button component="a" href={withBasePath('/')} size="md">
      Continue to Muster
    </Button>
  )
  if (verify.isSuccess)
    return (
      <FrontPage title="Your e-mail address is confirmed" about="There is nothing else to do.">
        {go}
      </FrontPage>
    )
  return (
    <FrontForm
      title="Confirm your e-mail address"
      about="You receive what is sent there."
      action="Confirm"
      sending={verify}
    />
  )
}
