/** The mark and the name: devices in formation, the last of them still to be updated. web/icon.svg is the same. */
export const Brand = () => (
  <>
    <svg className="brand-mark" viewBox="4 4 24 24" width={24} height={24} fill="currentColor" aria-hidden>
      <path d="M4 7h4v4H4zM4 12h4v4H4zM4 17h4v4H4zM4 22h4v4H4zM9 12h4v4H9zM14 17h4v4h-4z" />
      <path d="M19 12h4v4h-4zM24 7h4v4h-4zM24 12h4v4h-4z" opacity=".75" />
      <path d="M24 17h4v4h-4zM24 22h4v4h-4z" opacity=".4" />
    </svg>
    <span className="brand-name">Muster</span>
  </>
)
