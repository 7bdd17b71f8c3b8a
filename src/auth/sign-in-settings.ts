import { type Static, Type } from 'typebox'

export const SignInSettings = Type.Object(
  {
    password_sign_in: Type.Enum(['everyone', 'one_user'], {
      description: 'Who may sign in with a password: every user, or only the one of `password_user_id`',
    }),
    password_user_id: Type.Optional(
      Type.String({
        description:
          'With `one_user`: ID of the user who may, for when no provider can be used; one who manages users. Otherwise ignored',
      }),
    ),
  },
  { additionalProperties: false, title: 'SignInSettings', description: 'How users of the tenant may sign in' },
)
export type SignInSettings = Static<typeof SignInSettings>

export const SignInOptions = Type.Object(
  {
    password: Type.Boolean({ description: 'Whether every user may sign in with a password' }),
    providers: Type.Array(
      Type.Object(
        {
          id: Type.String({ description: 'ID of the sign-in provider' }),
          name: Type.String({ description: 'Name of the sign-in provider' }),
          url: Type.String({ description: 'Where a browser begins to sign in' }),
        },
        { description: 'A provider by which users can sign in' },
      ),
      { description: 'Ordered by name' },
    ),
    base_url: Type.String({ description: 'Where browsers reach this server, by its configuration or this request' }),
  },
  { title: 'SignInOptions', description: 'How users can sign in' },
)
export type SignInOptions = Static<typeof SignInOptions>
