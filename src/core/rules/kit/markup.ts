/** What rules ask about attributes of templates. */

/** Whether all that `v-html` shows comes out of one call of a sanitiser. */
export const sanitised = (attribute: string): boolean =>
  /^\sv-html\s*=\s*"\s*(?:[\w$]{1,40}\.)?(?:\$?sanitize|\$?purify|escape)(?:Html|HTML)?\((?:[^()"]|\((?:[^()"]|\([^()"]{0,200}\)){0,200}\)){0,400}\)\s*"/.test(
    attribute,
  );
